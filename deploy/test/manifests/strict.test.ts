import { beforeAll, describe, expect, it } from "vitest";
import { schemaFault } from "./models.ts";
import { type Manifest, only, overlays, render } from "./render.ts";
import { typeFaults } from "./type-faults.ts";

const rendered: Record<string, Manifest[]> = {};
let faults: string[];

/** A copy of the manifest with one thing changed. */
function spoilt(manifest: Manifest, spoil: (spec: Record<string, unknown>) => void): Manifest {
  const copy = structuredClone(manifest);
  spoil(copy.spec ?? {});
  return copy;
}

beforeAll(async () => {
  for (const overlay of overlays) rendered[overlay] = render(overlay);
  const deployment = only(rendered["overlays/prod"] ?? [], "Deployment");
  const scaled = only(rendered["overlays/autoscaling"] ?? [], "ScaledObject");
  const tke = only(rendered["overlays/tke"] ?? [], "TkeServiceConfig");
  const route = only(rendered["overlays/traefik"] ?? [], "IngressRoute");
  faults = await typeFaults({
    ...rendered,
    unknownField: [spoilt(deployment, (spec) => Object.assign(spec, { replcas: 3 }))],
    wrongType: [spoilt(deployment, (spec) => Object.assign(spec, { replicas: "3" }))],
    deep: [
      spoilt(deployment, ({ template }) =>
        Object.assign((template as Manifest).spec ?? {}, { nodeNme: "a" }),
      ),
    ],
    custom: [spoilt(scaled, (spec) => Object.assign(spec, { maxReplicas: 3 }))],
    traefik: [spoilt(route, (spec) => Object.assign(spec, { entrypoints: ["websecure"] }))],
    tencent: [spoilt(tke, (spec) => Object.assign(spec, { loadbalancer: {} }))],
  });
});

describe.each(overlays)("%s", (overlay) => {
  const manifests = () => rendered[overlay] ?? [];

  it("has only fields that exist, with values of their types", () => {
    const file = `${overlay.replaceAll("/", "-")}.ts`;
    expect(faults.filter((fault) => fault.includes(file))).toEqual([]);
    expect(manifests().length).toBeGreaterThanOrEqual(9);
  });

  it("is what the schemas ask for", async () => {
    const found = await Promise.all(manifests().map(schemaFault));
    expect(found.filter((fault) => fault !== undefined)).toEqual([]);
  });

  it("stands in one namespace, which enforces the restricted profile", () => {
    const { metadata } = only(manifests(), "Namespace");
    const others = manifests().filter(({ kind }) => kind !== "Namespace");
    expect(new Set(others.map(({ metadata }) => metadata.namespace))).toEqual(new Set([metadata.name]));
    for (const mode of ["enforce", "audit", "warn"]) {
      expect(metadata.labels?.[`pod-security.kubernetes.io/${mode}`]).toBe("restricted");
    }
  });
});

describe("the check itself", () => {
  it.each([
    ["unknownField", "replcas"],
    ["wrongType", "not assignable to type 'number'"],
    ["deep", "nodeNme"],
    ["custom", "maxReplicas"],
    ["traefik", "entrypoints"],
    ["tencent", "loadbalancer"],
  ])("objects to %s", (file, complaint) => {
    const own = faults.filter((fault) => fault.includes(`${file}.ts`));
    expect(own.length).toBeGreaterThan(0);
    expect(own.join("\n")).toContain(complaint);
  });

  it("objects to what is missing", async () => {
    const deployment = only(rendered["overlays/prod"] ?? [], "Deployment");
    const without = spoilt(deployment, (spec) => Reflect.deleteProperty(spec, "selector"));
    expect(await schemaFault(without)).toContain("selector");
  });
});
