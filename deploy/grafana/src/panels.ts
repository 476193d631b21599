import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import {
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  TooltipDisplayMode,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as HeatmapBuilder } from "@grafana/grafana-foundation-sdk/heatmap";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as GraphBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

export const datasource = { type: "prometheus", uid: "$datasource" };

/** What one panel shows. */
export interface Figure {
  title: string;
  /** What it measures, and what one does with it. */
  about: string;
  /** In Grafana's name for it: `s`, `bytes`, `percentunit`, `short`, `ops`, `Bps`. */
  unit: string;
  /** PromQL, by the legend of its series. */
  series: Record<string, string>;
  /** From which value on it is a warning, and from which on it is bad. */
  limits?: [warning: number, bad: number];
  max?: number;
}

const columns = 24;
const [green, orange, red] = ["green", "orange", "red"];

/** Lines over time; three in a row of the page. */
export function graph({ title, about, unit, series, limits, max }: Figure): Builder<Panel> {
  const panel = new GraphBuilder()
    .title(title)
    .description(about)
    .unit(unit)
    .datasource(datasource)
    .height(8)
    .span(columns / 3)
    .min(0)
    .fillOpacity(8)
    .tooltip(new common.VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    );
  if (limits) panel.thresholds(thresholds(limits)).thresholdsStyle(dashed());
  if (max !== undefined) panel.max(max);
  for (const target of targets(series)) panel.withTarget(target);
  return panel;
}

/** One figure of now; eight in a row of the page. */
export function stat({ title, about, unit, series, limits }: Figure): Builder<Panel> {
  const panel = new StatBuilder()
    .title(title)
    .description(about)
    .unit(unit)
    .datasource(datasource)
    .height(4)
    .span(columns / 8)
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.Area)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]));
  panel.thresholds(limits ? thresholds(limits) : always(green));
  for (const target of targets(series)) panel.withTarget(target);
  return panel;
}

/** How the observations of a histogram are spread over time. Its series are the buckets' increases. */
export function heatmap({ title, about, unit, series }: Figure): Builder<Panel> {
  const panel = new HeatmapBuilder()
    .title(title)
    .description(about)
    .unit(unit)
    .datasource(datasource)
    .height(8)
    .span(columns / 3);
  for (const target of targets(series)) panel.withTarget(target.format(PromQueryFormat.Heatmap));
  return panel;
}

function targets(series: Record<string, string>): DataqueryBuilder[] {
  return Object.entries(series).map(([legend, expr], index) => {
    const refId = String.fromCharCode("A".charCodeAt(0) + index);
    return new DataqueryBuilder().refId(refId).datasource(datasource).expr(expr).legendFormat(legend).range();
  });
}

/** The second may be below the first: then little is bad. */
function thresholds([warning, bad]: [number, number]): ThresholdsConfigBuilder {
  const steps =
    bad >= warning
      ? [
          { value: null, color: green },
          { value: warning, color: orange },
          { value: bad, color: red },
        ]
      : [
          { value: null, color: red },
          { value: bad, color: orange },
          { value: warning, color: green },
        ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

function always(color: string): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([{ value: null, color }]);
}

function dashed(): common.GraphThresholdsStyleConfigBuilder {
  return new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed);
}
