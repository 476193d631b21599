import { describe, expect, it } from "vitest";
import { only } from "../manifests/render.ts";
import { workload } from "../manifests/workload.ts";
import { chart, helm, production, template, type Values } from "./helm.ts";
import { matrix } from "./matrix.ts";

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
    expect(triggers.map(({ metadata }) => metadata.threshold)).toEqual(["14000", "0.7", "0.7"]);
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
