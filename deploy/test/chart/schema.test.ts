import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { chart, template, type Values } from "./helm.ts";

describe("the values' schema", () => {
  interface Schema {
    description?: string;
    properties?: Record<string, Schema>;
  }
  const schema = JSON.parse(readFileSync(join(chart, "values.schema.json"), "utf8")) as Schema;
  const defaults = parse(readFileSync(join(chart, "values.yaml"), "utf8")) as Values;

  it("knows each value, and says what it is", () => {
    const { global: _, ...own } = schema.properties ?? {};
    compare(own, defaults);
  });

  function compare(known: Record<string, Schema>, values: Values): void {
    expect(Object.keys(known).sort()).toEqual(Object.keys(values).sort());
    for (const [name, { description, properties }] of Object.entries(known)) {
      expect(description, name).toBeTruthy();
      if (properties && Object.keys(values[name] as object).length > 0)
        compare(properties, values[name] as Values);
    }
  }

  it.each<[string, Values]>([
    ["/replicas", { replicas: "three" }],
    ["additional properties 'replica' not allowed", { replica: 3 }],
    ["/entry/kind", { entry: { kind: "haproxy" } }],
    ["/image/digest", { image: { digest: "latest" } }],
    ["/settings", { settings: { LOG_LEVEL: "warn" } }],
    ["/service/ipFamilies", { service: { ipFamilies: ["IPv5"] } }],
    ["/autoscaling/prometheus", { autoscaling: { prometheus: "prometheus:9090" } }],
    ["/networkPolicy/redisPorts", { networkPolicy: { redisPorts: [] } }],
  ])("refuses what is wrong at %s", (complaint, values) => {
    expect(() => template(values)).toThrow(complaint);
  });
});
