import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../../gateway/src/config/load.ts";
import { stopMargin } from "../../../gateway/src/ops/drain.ts";
import { readDockerfile } from "../image/dockerfile.ts";
import { schemaFault } from "../manifests/models.ts";
import { policyFaults } from "../manifests/policy.ts";
import { type Manifest, only } from "../manifests/render.ts";
import { typeFaults } from "../manifests/type-faults.ts";
import { environmentOf, fileReader, workload } from "../manifests/workload.ts";
import { chart, helm, production, template, type Values } from "./helm.ts";

const image = readDockerfile(resolve(import.meta.dirname, "../../../Dockerfile")).at(-1);
const host = "rt.example.com";
const entries = [
  { kind: "gateway", host, class: "example", timeouts: false },
  { kind: "nginx", host, class: "nginx" },
  { kind: "traefik", host },
  { kind: "tke", host },
];
const everything: Values = {
  ...production,
  wechat: { enabled: true },
  autoscaling: { enabled: true, min: 5, max: 50, fallback: 8, prometheus: "https://thanos.example.com" },
  monitoring: { podMonitor: true, rules: true, dashboard: true, labels: { release: "prometheus" } },
};

const matrix: Record<string, Values> = {
  nothing: {},
  production,
  ...Object.fromEntries(entries.map((entry) => [entry.kind, { ...everything, entry }])),
  external: {
    ...everything,
    secret: {
      files: { TIDEGATE_REDIS_TLS_CA_FILE: "redis-ca" },
      external: {
        enabled: true,
        store: { name: "vault" },
        keys: {
          "token-secret": "rt/token",
          "api-keys": "rt/api",
          "redis-url": "rt/redis",
          "wechat-apps": "rt/wechat",
          "redis-ca": "rt/ca",
        },
      },
    },
  },
  ipv6: { ...production, service: { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv6"] } },
  dualStack: { ...production, service: { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] } },
  slow: { ...production, drainWindow: 600, replicas: 12 },
  placed: {
    ...production,
    image: { ...(production.image as object), pullPolicy: "Always", pullSecrets: [{ name: "registry" }] },
    resources: { requests: { cpu: "2", memory: "2Gi" }, limits: { memory: "2Gi" } },
    podAnnotations: { "example.com/team": "realtime" },
    nodeSelector: { pool: "realtime" },
    tolerations: [{ key: "realtime", operator: "Exists", effect: "NoSchedule" }],
    affinity: { nodeAffinity: {} },
    priorityClassName: "high",
  },
  otherRedis: { ...production, networkPolicy: { redisPorts: [10000] } },
  noPolicy: { ...production, networkPolicy: { enabled: false } },
  settings: {
    ...production,
    settings: { TIDEGATE_CAPACITY: 20000, TIDEGATE_REBALANCE: false, TIDEGATE_LOG_LEVEL: "warn" },
    channels: [{ match: "room:*", subscribe: "token" }],
    autoscaling: { enabled: true },
  },
};

/** What an operator puts there. */
const secrets = {
  tidegate: {
    "token-secret": "a-secret-for-the-manifests-of-32-bytes\n",
    "api-keys": "a-key-for-the-manifests\n",
    "redis-url": "rediss://tidegate:password@redis.example.com:6380\n",
    "wechat-apps": "wx0123456789abcdef:the-secret-of-an-app-for-manifests\n",
    "redis-ca": readFileSync(resolve(import.meta.dirname, "authority.pem"), "utf8"),
  },
};

let faults: string[];

beforeAll(async () => {
  const sets = Object.entries(matrix).map(([name, values]) => [name, template(values)]);
  faults = await typeFaults(Object.fromEntries(sets));
});

const loaded = (manifests: readonly Manifest[]) =>
  loadConfig({ ...image?.env, ...environmentOf(manifests) }, fileReader(manifests, secrets));

describe.each(Object.entries(matrix))("the chart with %s", (name, values) => {
  const manifests = template(values);

  it("has only fields that exist, and what the schemas ask for", async () => {
    expect(faults.filter((fault) => fault.includes(`/${name}.ts`))).toEqual([]);
    const found = await Promise.all(manifests.map(schemaFault));
    expect(found.filter((fault) => fault !== undefined)).toEqual([]);
  });

  it("keeps to the restricted profile", async () => {
    expect(await policyFaults(manifests)).toEqual([]);
  });

  it("starts a gateway without a warning", () => {
    const { config, warnings } = loaded(manifests);
    expect(warnings).toEqual([]);
    expect(config.redisUrl).toMatch(/^rediss?:/);
  });

  it("gives a pod the time that its drain takes", () => {
    const { pod, container } = workload(manifests);
    const preStop = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
    const needed = preStop + (loaded(manifests).config.drainWindow + stopMargin) / 1_000;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(needed);
  });
});

describe("the chart", () => {
  it("is what Helm takes for one", () => {
    expect(helm("lint", "--strict", chart)).toContain("0 chart(s) failed");
  });

  it("rolls the pods when a setting or a rule changes, and at nothing else", () => {
    const annotations = (values: Values) =>
      only(template({ ...production, ...values }), "Deployment").spec as {
        template: { metadata: { annotations: object } };
      };
    const at = (values: Values) => annotations(values).template.metadata.annotations;
    expect(at({ replicas: 5 })).toEqual(at({}));
    expect(at({ settings: { TIDEGATE_LOG_LEVEL: "warn" } })).not.toEqual(at({}));
    expect(at({ channels: [{ match: "a" }] })).not.toEqual(at({}));
  });

  it("scales by the capacity and the namespace that it has", () => {
    const { spec } = only(template(matrix.settings ?? {}, "chat"), "ScaledObject");
    const { triggers } = spec as { triggers: { metadata: { threshold: string; query: string } }[] };
    expect(triggers.map(({ metadata }) => metadata.threshold)).toEqual(["14000", "0.7"]);
    for (const { metadata } of triggers) {
      const namespaces = [...metadata.query.matchAll(/namespace="(.*?)"/g)].map(([, namespace]) => namespace);
      expect(new Set(namespaces)).toEqual(new Set(["chat"]));
    }
  });

  it("puts every value where it belongs", () => {
    const { pod, container } = workload(template(matrix.placed ?? {}));
    expect(pod).toMatchObject({ nodeSelector: { pool: "realtime" }, priorityClassName: "high" });
    expect(container.resources?.limits).toEqual({ memory: "2Gi", "ephemeral-storage": "64Mi" });
    const services = template(matrix.ipv6 ?? {}).filter(({ kind }) => kind === "Service");
    expect(services.length).toBe(2);
    for (const { spec } of services)
      expect(spec).toMatchObject({ ipFamilies: ["IPv6"], ipFamilyPolicy: "SingleStack" });
    expect(JSON.stringify(only(template(matrix.otherRedis ?? {}), "NetworkPolicy"))).toContain(
      '"ports":[{"port":10000}]',
    );
    expect(template(matrix.noPolicy ?? {}).some(({ kind }) => kind === "NetworkPolicy")).toBe(false);
    expect(only(template(matrix.external ?? {}), "ExternalSecret").spec).toMatchObject({
      target: { name: "tidegate" },
    });
    const route = JSON.stringify(only(template(matrix.gateway ?? {}), "HTTPRoute"));
    expect(route).not.toContain("timeouts");
    for (const kind of ["PodMonitor", "PrometheusRule"])
      expect(only(template(matrix.nginx ?? {}), kind).metadata.labels).toMatchObject({
        release: "prometheus",
      });
  });
});

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
