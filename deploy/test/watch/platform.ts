import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const pod = 'namespace="tidegate",pod="tidegate-0",container="tidegate"';
const deployment = 'namespace="tidegate",deployment="tidegate"';
const autoscaler = 'namespace="tidegate",horizontalpodautoscaler="keda-hpa-tidegate"';
const scaler = (name: string, index: number) =>
  `namespace="tidegate",metric="s${index}-prometheus",scaledObject="tidegate",scaler="${name}",triggerIndex="${index}",type="scaledobject"`;
const request =
  'namespace="tidegate",scaled_resource="tidegate",scaler="prometheus",trigger_name="connections",metric_name="s0-prometheus"';
const answer =
  'namespace="tidegate",scaledResource="tidegate",triggerName="connections",metricName="s0-prometheus",resourceType="ScaledObject",ignoreNullValues="false"';

/** As kube-state-metrics 2.20 and KEDA 2.20 export it, of a fleet that is well and once was not. */
const samples = `
kube_pod_container_status_restarts_total{${pod}} 0
kube_deployment_spec_replicas{${deployment}} 2
kube_deployment_status_replicas_ready{${deployment}} 2
kube_horizontalpodautoscaler_spec_max_replicas{${autoscaler}} 30
kube_horizontalpodautoscaler_status_current_replicas{${autoscaler}} 2
kube_horizontalpodautoscaler_status_desired_replicas{${autoscaler}} 2
kube_horizontalpodautoscaler_status_condition{${autoscaler},condition="ScalingActive",status="true"} 1
kube_horizontalpodautoscaler_status_condition{${autoscaler},condition="ScalingActive",status="false"} 0
keda_scaler_metrics_value{${scaler("connections", 0)}} 20
keda_scaler_metrics_value{${scaler("busy", 1)}} 0.3
keda_scaler_metrics_value{${scaler("memory", 2)}} 0.2
keda_scaler_detail_errors_total{${scaler("connections", 0)}} 1
keda_scaler_http_requests_total{${request},status_code="200"} 300
keda_scaler_http_requests_total{${request},status_code="error"} 2
keda_scaler_empty_upstream_responses_total{${answer}} 2
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
