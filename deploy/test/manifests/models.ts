import type { Manifest } from "./render.ts";

/** Packages of types by the group of an API; the rest is Kubernetes' own. */
const packages: Record<string, string> = {
  "keda.sh": "@kubernetes-models/keda",
  "gateway.networking.k8s.io": "@kubernetes-models/gateway-api",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
  "traefik.io": "@kubernetes-models/traefik",
  "external-secrets.io": "@kubernetes-models/external-secrets",
};

/** Kinds that no package knows; their types are files here, and there is no schema to run. */
export const typedHere: Record<string, string> = { TkeServiceConfig: "tke-service-config.ts" };

/** @returns the module with the manifest's type and model, as `kubernetes-models/apps/v1/Deployment` */
export function modelOf({ apiVersion, kind }: Manifest): string {
  const [group = ""] = apiVersion.split("/");
  return `${packages[group] ?? "kubernetes-models"}/${apiVersion}/${kind}`;
}

interface Model {
  validate(): void;
}

/** What a schema says of the manifest: missing fields, values out of range; unknown fields are for the types. */
export async function schemaFault(manifest: Manifest): Promise<string | undefined> {
  if (manifest.kind in typedHere) return undefined;
  const module = (await import(modelOf(manifest))) as Record<string, new (data: Manifest) => Model>;
  const Kind = module[manifest.kind];
  if (Kind === undefined) return `${manifest.apiVersion} ${manifest.kind} is not known`;
  try {
    new Kind(manifest).validate();
    return undefined;
  } catch (error) {
    return `${manifest.kind} ${manifest.metadata.name}: ${(error as Error).message}`;
  }
}
