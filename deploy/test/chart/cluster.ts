import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Resources of the cluster by the version of their API, as far as the chart has them. */
const resources: Record<string, Record<string, string>> = {
  v1: { services: "Service", configmaps: "ConfigMap", secrets: "Secret", serviceaccounts: "ServiceAccount" },
  "apps/v1": { deployments: "Deployment" },
  "policy/v1": { poddisruptionbudgets: "PodDisruptionBudget" },
  "networking.k8s.io/v1": { networkpolicies: "NetworkPolicy" },
  "keda.sh/v1alpha1": { scaledobjects: "ScaledObject" },
};

/** What a cluster answers to those who ask what it has, by path. */
function discovery(): Record<string, object> {
  const groups = Object.keys(resources)
    .filter((version) => version.includes("/"))
    .map((groupVersion) => {
      const [name, version] = groupVersion.split("/");
      return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
    });
  const lists = Object.entries(resources).map(([groupVersion, kinds]) => [
    groupVersion.includes("/") ? `/apis/${groupVersion}` : `/api/${groupVersion}`,
    {
      kind: "APIResourceList",
      groupVersion,
      resources: Object.entries(kinds).map(([name, kind]) => ({
        name,
        kind,
        namespaced: true,
        verbs: ["get"],
      })),
    },
  ]);
  return {
    "/version": { major: "1", minor: "36", gitVersion: "v1.36.3" },
    "/api": { kind: "APIVersions", versions: ["v1"] },
    "/apis": { kind: "APIGroupList", apiVersion: "v1", groups },
    ...Object.fromEntries(lists),
  };
}

/** Stands in for the API of a cluster in which so many replicas of the Deployment are wanted. */
export async function startCluster(replicas: number): Promise<{ url: string; stop(): Promise<void> }> {
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: "tidegate",
      namespace: "tidegate",
      // Of the release, or Helm would not touch it.
      labels: { "app.kubernetes.io/managed-by": "Helm" },
      annotations: {
        "meta.helm.sh/release-name": "tidegate",
        "meta.helm.sh/release-namespace": "tidegate",
      },
    },
    spec: { replicas },
  };
  const answers = { ...discovery(), "/apis/apps/v1/namespaces/tidegate/deployments/tidegate": deployment };
  const server: Server = createServer(({ url = "" }, response) => {
    const answer = Object.entries(answers).find(([path]) => path === url.split("?", 1)[0])?.[1];
    const absent = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 };
    response.writeHead(answer ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? absent));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
