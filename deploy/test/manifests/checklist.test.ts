import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Manifest, only, overlays, render, renderIn } from "./render.ts";
import { environmentOf, workload } from "./workload.ts";

const readDeploy = (path: string) => readFileSync(resolve(import.meta.dirname, "../..", path), "utf8");
const metricsPage = readFileSync(resolve(import.meta.dirname, "../../../gateway/docs/METRICS.md"), "utf8");

interface Selecting {
  selector: Record<string, string>;
  ports: { targetPort: string; appProtocol: string }[];
}

/** `0.0.0.0/0` is IPv4 alone. */
const everywhere = ["0.0.0.0/0", "::/0"];

interface Policy {
  ingress: { ports: { port: string }[]; from: { namespaceSelector?: { matchLabels?: object } }[] }[];
  egress: object[];
}

const of = (manifests: readonly Manifest[], kind: string) =>
  manifests.filter((manifest) => manifest.kind === kind);

describe.each(overlays)("%s", (overlay) => {
  const manifests = render(overlay);
  const { spec, pod, container, labels } = workload(manifests);
  const autoscaled = of(manifests, "ScaledObject").length > 0;

  it("asks the admin port how the process is, and gives up slowly", () => {
    const { startupProbe, livenessProbe, readinessProbe } = container;
    const paths = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet);
    expect(paths).toEqual([
      { path: "/livez", port: "admin" },
      { path: "/livez", port: "admin" },
      { path: "/readyz", port: "admin" },
    ]);
    const patience = (livenessProbe?.periodSeconds ?? 0) * (livenessProbe?.failureThreshold ?? 0);
    expect(patience).toBeGreaterThanOrEqual(60);
    expect(
      (readinessProbe?.periodSeconds ?? 0) * (readinessProbe?.failureThreshold ?? 0),
    ).toBeLessThanOrEqual(10);
  });

  it("runs as a user above 10000 without a token, links to services, or a place to write but a small one", () => {
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(pod.securityContext?.runAsUser).toBeGreaterThan(10_000);
    expect(only(manifests, "ServiceAccount")).toMatchObject({ automountServiceAccountToken: false });
    const written = container.volumeMounts?.filter(({ readOnly }) => !readOnly) ?? [];
    expect(written.map(({ mountPath }) => mountPath)).toEqual(["/tmp"]);
    expect(pod.volumes?.find(({ name }) => name === "tmp")?.emptyDir?.sizeLimit).toBeDefined();
  });

  it("asks for CPU and memory, and is held to memory alone", () => {
    const { requests = {}, limits = {} } = container.resources ?? {};
    expect(Object.keys(requests)).toEqual(expect.arrayContaining(["cpu", "memory"]));
    expect(limits.memory).toBeDefined();
    expect(limits.cpu).toBeUndefined();
  });

  it("spreads each version over zones and hosts", () => {
    const spread = pod.topologySpreadConstraints ?? [];
    expect(spread.map(({ topologyKey }) => topologyKey)).toEqual([
      "topology.kubernetes.io/zone",
      "kubernetes.io/hostname",
    ]);
    for (const constraint of spread) {
      expect(constraint.matchLabelKeys).toEqual(["pod-template-hash"]);
      expect(labels).toMatchObject(constraint.labelSelector?.matchLabels ?? {});
    }
  });

  it("lets one pod be evicted at a time, and any that is not ready", () => {
    const budget = only(manifests, "PodDisruptionBudget").spec;
    expect(budget).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" });
    expect(budget).toMatchObject({ selector: { matchLabels: spec.selector.matchLabels } });
  });

  it("has a Service for clients and another for backends, each with a port of its own", () => {
    const ports = (name: string) => {
      const { selector, ports } = only(manifests, "Service", name).spec as unknown as Selecting;
      expect(labels).toMatchObject(selector);
      return ports.map(({ targetPort, appProtocol }) => [targetPort, appProtocol]);
    };
    expect(ports("tidegate")).toEqual([["public", "kubernetes.io/ws"]]);
    expect(ports("tidegate-admin")).toEqual([["admin", "http"]]);
    expect(container.ports?.map(({ name }) => name)).toEqual(["public", "admin"]);
  });

  it("sends nobody from outside to the admin port", () => {
    const doors = ["HTTPRoute", "Ingress", "IngressRoute"];
    const ways = JSON.stringify(manifests.filter(({ kind }) => doors.includes(kind)));
    expect(ways).not.toContain("admin");
    const policy = only(manifests, "NetworkPolicy").spec as unknown as Policy;
    expect(policy.egress).toContainEqual({
      to: [
        {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
          podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
        },
        // NodeLocal DNSCache's.
        { ipBlock: { cidr: "169.254.20.10/32" } },
        { ipBlock: { cidr: "fd00::/8" } },
      ],
      ports: ["UDP", "TCP"].map((protocol) => ({ port: 53, protocol })),
    });
    if (overlay === "overlays/dev") return;
    for (const { ports, from } of policy.ingress) {
      expect(ports).toHaveLength(1);
      if (ports[0]?.port === "admin") expect(JSON.stringify(from)).not.toContain("ipBlock");
    }
  });

  it("serves clusters of IPv4, of IPv6 and of both", () => {
    for (const { spec } of of(manifests, "Service")) {
      expect(spec).toMatchObject({ ipFamilyPolicy: "PreferDualStack" });
    }
    const policy = JSON.stringify(only(manifests, "NetworkPolicy").spec);
    const [ipv4, ipv6] = everywhere.map((cidr) => policy.split(`"cidr":"${cidr}"`).length - 1);
    expect(ipv4).toBeGreaterThan(0);
    expect(ipv6).toBe(ipv4);
    expect(environmentOf(manifests).TIDEGATE_HOST).toBeUndefined();
  });

  it("has replicas unless something scales it", () => {
    expect(spec.replicas === undefined).toBe(autoscaled);
    expect(of(manifests, "HorizontalPodAutoscaler")).toEqual([]);
  });

  it("names an image by its digest, development aside", () => {
    expect(container.image).toMatch(overlay === "overlays/dev" ? /^tidegate:dev$/ : /@sha256:[0-9a-f]{64}$/);
  });

  it("rolls when its settings change", () => {
    const names = container.envFrom?.map(({ configMapRef }) => configMapRef?.name ?? "") ?? [];
    const mounted = pod.volumes?.flatMap(({ configMap }) => configMap?.name ?? []) ?? [];
    expect([...names, ...mounted].length).toBe(2);
    for (const name of [...names, ...mounted]) expect(name).toMatch(/^tidegate-\w+-[a-z0-9]{10}$/);
  });
});

describe("autoscaling", () => {
  const manifests = render("overlays/autoscaling");
  const spec = only(manifests, "ScaledObject").spec as {
    scaleTargetRef: { name: string };
    triggers: {
      metricType: string;
      metadata: { query: string; threshold: string; ignoreNullValues: string };
    }[];
    fallback: { failureThreshold: number };
  };

  it("scales the Deployment by metrics that exist, and by nothing where there are none", () => {
    expect(spec.scaleTargetRef.name).toBe(only(manifests, "Deployment").metadata.name);
    for (const { metricType, metadata } of spec.triggers) {
      expect(metricType).toBe("AverageValue");
      expect(metadata.query).not.toContain("vector(");
      expect(metadata.ignoreNullValues).toBe("false");
      const [metric = ""] = metadata.query.match(/tidegate_\w+/) ?? [];
      expect(metricsPage).toContain(`| \`${metric}\` |`);
    }
    const [connections] = spec.triggers;
    const { TIDEGATE_CAPACITY } = environmentOf(manifests);
    expect(Number(connections?.metadata.threshold)).toBe(0.7 * Number(TIDEGATE_CAPACITY));
    expect(spec.fallback).toMatchObject({ behavior: "currentReplicasIfHigher" });
    // A failure is counted by KEDA's polls and by each request of the HPA: some three minutes, in which a fleet that
    // starts is scraped for the first time, and a Prometheus that restarts is back.
    expect(spec.fallback.failureThreshold).toBeGreaterThanOrEqual(20);
  });

  it.each(["overlays/autoscaling", "example"])(
    "asks of %s for the pods of the namespace that it is in",
    (overlay) => {
      const scaled = only(renderIn("chat", overlay), "ScaledObject");
      expect(scaled.metadata.namespace).toBe("chat");
      const { triggers } = scaled.spec as typeof spec;
      for (const { metadata } of triggers) {
        const namespaces = [...metadata.query.matchAll(/namespace="(.*?)"/g)].map(([, name]) => name);
        expect(namespaces.length).toBe(metadata.query.split("{").length - 1);
        expect(new Set(namespaces)).toEqual(new Set(["chat"]));
      }
    },
  );
});

describe.each([
  ["gateway-api", "HTTPRoute"],
  ["traefik", "IngressRoute"],
  ["nginx", "Ingress"],
  ["tke", "Ingress"],
])("%s", (overlay, kind) => {
  const manifests = render(`overlays/${overlay}`);
  const way = JSON.stringify(only(manifests, kind).spec);

  it("brings the paths that clients have, and no other, to their Service", () => {
    for (const path of [/\/socket\.io/g, /\/json/g, /\/ws/g]) expect(way.match(path)).toHaveLength(1);
    // A route and its Gateway; an Ingress names the Service for each path.
    const named = { HTTPRoute: 2, IngressRoute: 1, Ingress: 3 }[kind];
    expect(way.match(/"name":"tidegate"/g)).toHaveLength(named ?? 0);
  });

  it("trusts what the balancer says of addresses", () => {
    const { TIDEGATE_TRUSTED_PROXIES: trusted } = environmentOf(manifests);
    expect(trusted).toBe(overlay === "tke" ? "uniquelocal,100.64.0.0/10" : "uniquelocal");
  });
});

it("lets in the proxies of a Gateway that run beside it", () => {
  const { ingress } = only(render("overlays/gateway-api"), "NetworkPolicy").spec as unknown as Policy;
  expect(ingress.find(({ ports }) => ports[0]?.port === "public")?.from).toContainEqual({
    podSelector: { matchLabels: { "gateway.networking.k8s.io/gateway-name": "tidegate" } },
  });
});

describe("the example", () => {
  it("links each alert to its runbook where its people find it", () => {
    const spec = only(render("example"), "PrometheusRule").spec as {
      groups: { rules: { alert?: string; annotations?: Record<string, string> }[] }[];
    };
    const alerts = spec.groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined);
    expect(alerts.length).toBeGreaterThan(10);
    for (const { alert, annotations } of alerts)
      expect(annotations?.runbook_url).toBe(`https://wiki.example.com/runbooks/tidegate/${alert}.md`);
  });
});

describe("monitoring", () => {
  const manifests = render("overlays/monitoring");

  it("scrapes every pod's admin port every 15 seconds", () => {
    expect(only(manifests, "PodMonitor").spec).toMatchObject({
      selector: { matchLabels: workload(manifests).spec.selector.matchLabels },
      podMetricsEndpoints: [{ port: "admin", path: "/metrics", interval: "15s" }],
    });
  });

  it("brings the rules that are tested, all of them", () => {
    expect(only(manifests, "PrometheusRule").spec).toEqual(
      parse(readDeploy("prometheus/rules/tidegate.yaml")),
    );
  });

  it("brings the dashboard where Grafana looks for it", () => {
    const { metadata, data = {} } = only(manifests, "ConfigMap", "tidegate-dashboard");
    expect(metadata.labels).toMatchObject({ grafana_dashboard: "1" });
    expect(data).toEqual({ "tidegate.json": readDeploy("grafana/dashboards/tidegate.json") });
  });
});
