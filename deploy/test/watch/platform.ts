import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const pod = 'namespace="tidegate",pod="tidegate-0",container="tidegate"';
const deployment = 'namespace="tidegate",deployment="tidegate"';
const autoscaler = 'namespace="tidegate",horizontalpodautoscaler="keda-hpa-tidegate"';
const scaler =
  'namespace="tidegate",scaledObject="tidegate",scaler="prometheusScaler",triggerIndex="0",metric="s0-connections"';

/** What kube-state-metrics and KEDA say by their documentation, of a fleet that is well. */
const samples = `
kube_pod_container_status_restarts_total{${pod}} 0
kube_deployment_spec_replicas{${deployment}} 2
kube_deployment_status_replicas_ready{${deployment}} 2
kube_horizontalpodautoscaler_spec_max_replicas{${autoscaler}} 30
kube_horizontalpodautoscaler_status_current_replicas{${autoscaler}} 2
kube_horizontalpodautoscaler_status_desired_replicas{${autoscaler}} 2
kube_horizontalpodautoscaler_status_condition{${autoscaler},condition="ScalingActive",status="true"} 1
kube_horizontalpodautoscaler_status_condition{${autoscaler},condition="ScalingActive",status="false"} 0
keda_scaler_metrics_value{${scaler}} 20
keda_scaler_detail_errors_total{${scaler}} 0
`.trimStart();

/** Stands in for the exporters of a Kubernetes cluster. */
export async function startPlatform(): Promise<{ address: string; stop(): Promise<void> }> {
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(samples);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
