import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import { type Manifest, only } from "./render.ts";

type DeploymentSpec = NonNullable<IDeployment["spec"]>;

/** The gateway's Deployment, taken apart. */
export interface Workload {
  spec: DeploymentSpec;
  pod: IPodSpec;
  labels: Record<string, string>;
  container: IContainer;
}

export function workload(manifests: readonly Manifest[]): Workload {
  const spec = only(manifests, "Deployment", "tidegate").spec as unknown as DeploymentSpec;
  const pod = spec.template.spec;
  const container = pod?.containers[0];
  if (pod === undefined || container === undefined) throw new Error("the Deployment has no container");
  return { spec, pod, labels: spec.template.metadata?.labels ?? {}, container };
}

/** What the container finds in its environment, its image's variables aside. */
export function environmentOf(manifests: readonly Manifest[]): Record<string, string> {
  const { env = [], envFrom = [] } = workload(manifests).container;
  const maps = envFrom.map(({ configMapRef }) => only(manifests, "ConfigMap", configMapRef?.name).data);
  const own = Object.fromEntries(env.map(({ name, value = "" }) => [name, value]));
  return Object.assign({}, ...maps, own);
}

/**
 * Reads a file as the container would find it among its mounts.
 *
 * @param secrets what the Secrets hold that are not among the manifests, by name and key
 */
export function fileReader(
  manifests: readonly Manifest[],
  secrets: Record<string, Record<string, string>>,
): (path: string) => string {
  const { pod, container } = workload(manifests);
  return (path) => {
    const mount = container.volumeMounts?.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
    const volume = pod.volumes?.find(({ name }) => name === mount?.name);
    const key = path.slice((mount?.mountPath.length ?? 0) + 1);
    const { configMap, secret } = volume ?? {};
    const text = configMap
      ? only(manifests, "ConfigMap", configMap.name).data?.[key]
      : secretData(manifests, secrets, secret?.secretName ?? "")?.[key];
    if (text === undefined)
      throw Object.assign(new Error(`nothing is mounted at ${path}`), { code: "ENOENT" });
    return text;
  };
}

function secretData(
  manifests: readonly Manifest[],
  secrets: Record<string, Record<string, string>>,
  name: string,
): Record<string, string> | undefined {
  const data = manifests.find(({ kind, metadata }) => kind === "Secret" && metadata.name === name)?.data;
  if (data === undefined) return secrets[name];
  const texts = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]);
  return Object.fromEntries(texts);
}
