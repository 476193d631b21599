import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { datasource } from "./panels.ts";
import { connectionsRow } from "./rows/connections.ts";
import { hooks } from "./rows/hooks.ts";
import { lifecycle } from "./rows/lifecycle.ts";
import { messaging } from "./rows/messaging.ts";
import { node } from "./rows/node.ts";
import { overview } from "./rows/overview.ts";
import { recovery } from "./rows/recovery.ts";
import { redis } from "./rows/redis.ts";

const rows: Record<string, Builder<Panel>[]> = {
  Overview: overview,
  Connections: connectionsRow,
  Messaging: messaging,
  Recovery: recovery,
  Hooks: hooks,
  Redis: redis,
  Node: node,
  Lifecycle: lifecycle,
};

/** The page by which a fleet of gateways is watched. */
export function dashboard(): Dashboard {
  const builder = new DashboardBuilder("Tidegate")
    .uid("tidegate")
    .description(
      "A fleet of Tidegate gateways: is it well, who is there, what goes through it, and on what it runs.",
    )
    .tags(["tidegate"])
    .refresh("30s")
    .time({ from: "now-1h", to: "now" })
    .timezone("browser")
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly();
  for (const variable of variables()) builder.withVariable(variable);
  for (const [title, panels] of Object.entries(rows)) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  return builder.build();
}

/** As Grafana imports it. */
export function dashboardText(): string {
  return `${JSON.stringify(dashboard(), null, 2)}\n`;
}

function variables() {
  return [
    new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"),
    // Without Kubernetes there is no namespace, which `.*` fits too.
    labelValues("namespace", "Namespace", "label_values(tidegate_build_info, namespace)"),
    labelValues("job", "Job", 'label_values(tidegate_build_info{namespace=~"$namespace"}, job)'),
    labelValues("pod", "Pod", 'label_values(tidegate_build_info{namespace=~"$namespace",job=~"$job"}, pod)'),
    labelValues("redis", "Redis' exporter", "label_values(redis_up, job)"),
  ];
}

function labelValues(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ text: "All", value: "$__all", selected: true });
}
