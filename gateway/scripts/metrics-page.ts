import { createMetrics } from "../src/ops/metrics.ts";
import { generatedNote, table } from "./markdown.ts";

const intro = `\`GET /metrics\` on the admin port, in Prometheus' text format. Times are in seconds, sizes in bytes. No label
takes a value that a client chooses, so the number of series has a bound. What Node itself reports (\`process_*\` and
\`nodejs_*\`: CPU, memory, event-loop delay, garbage collection) stands beside them.`;

/** The page of metrics, from the registry that a node scrapes. */
export async function metricsPage(): Promise<string> {
  const none = () => 0;
  const { registry, observe } = createMetrics();
  observe({
    version: "",
    connections: none,
    dialects: () => [],
    subscriptions: none,
    channels: none,
    capacity: 0,
    memoryLimit: 0,
    backlog: () => ({ connections: 0, bytes: 0 }),
    draining: () => false,
    healthy: () => true,
    backplane: () => ({ connected: { commands: 0, subscriber: 0, reads: 0 }, pending: 0, lag: 0, nodes: 0 }),
    connectionsBeforeDrain: () => 0,
  });
  const rows = registry
    .getMetricsAsArray()
    .filter(({ name }) => name.startsWith("tidegate_"))
    .map((metric) => [`\`${metric.name}\``, String(typeName(metric)), labelsOf(metric), metric.help]);
  return `# Metrics\n\n${generatedNote}\n\n${intro}\n\n${table(["Metric", "Type", "Labels", "Meaning"], rows)}\n`;
}

function typeName(metric: object): string {
  return metric.constructor.name.toLowerCase();
}

function labelsOf(metric: object): string {
  const labels = "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
  return labels.map((label) => `\`${label}\``).join(", ");
}
