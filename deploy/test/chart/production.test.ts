import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { chart, notes, production, template, type Values } from "./helm.ts";

describe("an installation to rely on", () => {
  it("names all that is missing at once", () => {
    const install = () => template({ production: true, entry: { kind: "gateway" } });
    for (const value of ["image.digest", "image.repository", "entry.host", "entry.class"])
      expect(install).toThrow(`  ${value}: `);
  });

  it.each<[string, Values]>([
    ["settings.TIDEGATE_ANONYMOUS", { settings: { TIDEGATE_ANONYMOUS: true } }],
    ["settings.TIDEGATE_REDIS_URL", { settings: { TIDEGATE_REDIS_URL: "redis://redis:6379" } }],
    ["settings.TIDEGATE_WECHAT_APPS", { settings: { TIDEGATE_WECHAT_APPS: "app:secret" } }],
    ["settings.TIDEGATE_DRAIN_WINDOW", { settings: { TIDEGATE_DRAIN_WINDOW: "1m" } }],
    ["drainWindow", { drainWindow: 0 }],
    ["autoscaling.max", { autoscaling: { enabled: true, min: 10, max: 5 } }],
    ["secret.external.store.name", { secret: { external: { enabled: true } } }],
    ["secret.external.keys.redis-url", { secret: { external: { enabled: true } } }],
    [
      "secret.external.keys.wechat-apps",
      { wechat: { enabled: true }, secret: { external: { enabled: true } } },
    ],
    ["entry.host", { entry: { kind: "tke" } }],
  ])("does without no %s", (value, values) => {
    expect(() => template({ ...production, ...values })).toThrow(`  ${value}: `);
  });

  it("brings neither keys nor a Redis that everybody knows", () => {
    const objects = template(production);
    expect(objects.some(({ kind }) => kind === "Secret")).toBe(false);
    expect(JSON.stringify(objects)).not.toMatch(/for-development-only|"name":"redis"|TIDEGATE_ANONYMOUS/);
  });

  it("does not scale a node for trying", () => {
    expect(() => template({ autoscaling: { enabled: true } })).toThrow("  autoscaling.enabled: ");
  });
});

describe("the README", () => {
  const readme = readFileSync(join(chart, "README.md"), "utf8");

  it("has values that install", () => {
    const [, text = ""] = /```yaml\n(.*?)```/s.exec(readme) ?? [];
    const objects = template(parse(text.replace("sha256:DIGEST", `sha256:${"0".repeat(64)}`)), "chat");
    const kinds = objects.map(({ kind }) => kind);
    expect(kinds).toEqual(
      expect.arrayContaining(["Gateway", "HTTPRoute", "ScaledObject", "PodMonitor", "PrometheusRule"]),
    );
  });

  it("names values that there are", () => {
    const defaults = parse(readFileSync(join(chart, "values.yaml"), "utf8")) as Values;
    const named = [...readme.matchAll(/`([a-z]\w+)\.([a-z]\w+)[.:`]/g)].filter(
      ([, group = ""]) => group in defaults,
    );
    expect(named.length).toBeGreaterThan(5);
    for (const [, group = "", value = ""] of named) expect(defaults[group]).toHaveProperty(value);
  });
});

describe("what Helm says at the end", () => {
  it("leads to a first message in development", () => {
    const text = notes({});
    expect(text).toContain("kubectl -n tidegate port-forward deployment/tidegate 3000 3001");
    expect(text).toContain(
      'curl -s localhost:3001/v1/publish -H "authorization: Bearer for-development-only"',
    );
  });

  it("leads from the Secret to the nodes in production", () => {
    const text = notes({
      ...production,
      wechat: { enabled: true },
      entry: { kind: "traefik", host: "rt.example.com" },
    });
    expect(text).toContain("kubectl -n tidegate create secret generic tidegate");
    expect(text).toContain("--from-literal=wechat-apps=");
    expect(text).toContain("curl -s localhost:3001/v1/nodes");
    expect(text).toContain("wss://rt.example.com");
    expect(notes(production)).not.toContain("wechat");
  });

  it("warns of what the values leave open", () => {
    const text = notes({ ...production, networkPolicy: { enabled: false }, autoscaling: { enabled: true } });
    expect(text).toContain("whoever reaches the pods reaches the admin port");
    expect(text).toContain("monitoring.podMonitor");
    expect(text).toContain("Nothing brings clients in yet");
  });
});
