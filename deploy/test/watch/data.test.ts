import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { filledIn, watched } from "./expression.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { Load } from "./load.ts";
import { panels } from "./panels.ts";
import { startPlatform } from "./platform.ts";
import { Prometheus, type Scrape } from "./prometheus.ts";
import { deploy, rules } from "./rule-files.ts";

/** Milliseconds that Prometheus has for what the load does to be scraped and recorded. */
const patience = 30_000;

let fleet: Fleet;
let platform: Awaited<ReturnType<typeof startPlatform>>;
let load: Load;
let prometheus: Prometheus;

beforeAll(async () => {
  [fleet, platform] = await Promise.all([startFleet(), startPlatform()]);
  load = new Load(fleet);
  await load.start();
  prometheus = await Prometheus.start([
    ...fleet.gateways.map(gatewayScrape),
    { job: "redis", address: fleet.exporter },
    { job: "platform", address: platform.address },
  ]);
  // The last that comes about; without it nothing else need be waited for.
  expect(await prometheus.hasData("sum(tidegate_slow_consumers_total) > 0", patience)).toBe(true);
}, 120_000);

afterAll(async () => {
  await prometheus?.stop();
  load?.stop();
  await Promise.all([fleet?.stop(), platform?.stop()]);
}, 120_000);

/** With the labels that a PodMonitor gives. */
function gatewayScrape({ api }: { api: string }, index: number): Scrape {
  const labels = { namespace: "tidegate", pod: `tidegate-${index}`, container: "tidegate" };
  return { job: "tidegate/tidegate", address: new URL(api).host, labels };
}

const queries = panels().flatMap(({ title, targets = [] }) =>
  targets.map(({ refId, expr }) => ({ name: `${title} ${refId}`, expression: filledIn(expr) })),
);

const looks = rules().flatMap(({ record, alert, expr }) =>
  watched(expr).map((expression) => ({ name: record ?? alert, expression })),
);

interface ScaledObject {
  spec: { triggers: { name: string; metadata: { query: string } }[] };
}

const scaledObject: ScaledObject = parse(
  readFileSync(resolve(deploy, "../k8s/components/autoscaling/scaled-object.yaml"), "utf8"),
);
const triggers = scaledObject.spec.triggers.map(({ name, metadata }) => ({
  name,
  expression: metadata.query,
}));

describe("of a fleet under load there is data for", () => {
  it.each(queries)("the panel $name", async ({ expression }) => {
    expect(await prometheus.hasData(expression, patience)).toBe(true);
  });

  it.each(looks)("the rule $name: $expression", async ({ expression }) => {
    expect(await prometheus.hasData(expression, patience)).toBe(true);
  });

  it.each(triggers)("the autoscaler's trigger $name", async ({ expression }) => {
    expect(await prometheus.hasData(expression, patience)).toBe(true);
  });

  it("nothing that is not there", async () => {
    const [misspelt = ""] = watched("rate(tidegate_no_such_thing_total[10s]) > 0 and up == 1");
    expect(await prometheus.hasData(misspelt, 2_000)).toBe(false);
    expect(await prometheus.hasData('tidegate_recoveries_total{result="no_such_result"}', 2_000)).toBe(false);
  });

  it("what the load did", async () => {
    for (const expression of [
      "sum(tidegate_slow_consumers_total) > 0",
      "sum(tidegate_dropped_bytes_total) > 0",
      'sum(tidegate_recoveries_total{result="recovered"}) > 0',
      'sum(tidegate_recoveries_total{result="too_old"}) > 0',
      "sum(tidegate_recovered_messages_total) > 0",
      "sum(tidegate_conflated_messages_total) > 0",
      'sum(tidegate_refusals_total{code="unauthorized"}) > 0',
      'sum(tidegate_publish_failures_total{source="client",code="forbidden"}) > 0',
      'sum(tidegate_hook_calls_total{outcome="unreachable"}) > 0',
      "min(tidegate_cluster_nodes) == 2",
      "min(tidegate_redis_up) == 1",
    ]) {
      expect(await prometheus.hasData(expression, patience), expression).toBe(true);
    }
  });
});
