import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Manifest, overlays, render } from "../manifests/render.ts";
import { production, template, type Values } from "./helm.ts";

const host = "rt.example.com";
const origins = { settings: { TIDEGATE_ALLOWED_ORIGINS: "https://app.example.com" } };
const watched = { podMonitor: true, rules: true, dashboard: true };

/** The values that say what each kustomization does. */
const values: Record<string, Values> = {
  "overlays/dev": {},
  "overlays/prod": production,
  "overlays/autoscaling": { ...production, autoscaling: { enabled: true } },
  "overlays/gateway-api": { ...production, entry: { kind: "gateway", host, class: "example" } },
  "overlays/traefik": { ...production, entry: { kind: "traefik", host } },
  "overlays/nginx": { ...production, entry: { kind: "nginx", host, class: "nginx" } },
  "overlays/tke": { ...production, entry: { kind: "tke", host } },
  "overlays/wechat": { ...production, wechat: { enabled: true } },
  "overlays/monitoring": { ...production, monitoring: watched },
  example: {
    ...production,
    ...origins,
    entry: { kind: "gateway", host, class: "example" },
    autoscaling: { enabled: true },
    monitoring: { ...watched, runbooks: "https://wiki.example.com/runbooks" },
    channels: parse(channelsOf(render("example"))).channels,
  },
};

function channelsOf(manifests: readonly Manifest[]): string {
  const found = manifests.find(({ data }) => data?.["channels.yaml"] !== undefined);
  return found?.data?.["channels.yaml"] ?? "";
}

/** Labels that say which release an object is of, and the namespace of a release, which it does not make. */
const ofHelm = /"(app\.kubernetes\.io\/(part-of|instance|managed-by|version)|helm\.sh\/chart)":"[^"]*",?/g;
/** What kustomize ends the names of ConfigMaps and Secrets with, and what the chart annotates pods with instead. */
const hash = /\b(tidegate-settings|tidegate-channels)-[a-z0-9]{10}\b/g;

/** Each object by its kind and name, without that in which Helm and kustomize differ on purpose. */
function comparable(manifests: readonly Manifest[], secret: RegExp): Record<string, unknown> {
  const objects = manifests
    .filter(({ kind }) => kind !== "Namespace")
    .map((manifest) => {
      const text = JSON.stringify(manifest)
        .replaceAll(hash, "$1")
        .replaceAll(secret, '"the Secret"')
        .replaceAll(ofHelm, "");
      return tidy(JSON.parse(text.replaceAll(",}", "}"))) as Manifest;
    });
  return Object.fromEntries(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
}

/** Without empty labels and checksums; a channels file as what it says. */
function tidy(manifest: Manifest): unknown {
  const text = manifest.data?.["channels.yaml"];
  if (text !== undefined) Object.assign(manifest.data ?? {}, { "channels.yaml": parse(text) });
  return JSON.parse(JSON.stringify(manifest), (key, value) => {
    const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
    if (key === "labels" && isEmpty) return undefined;
    return key === "annotations" && "checksum/settings" in value ? undefined : value;
  });
}

it("is compared with every kustomization", () => {
  expect(Object.keys(values).sort()).toEqual([...overlays].sort());
});

describe.each(Object.entries(values))("%s and the chart", (overlay, own) => {
  const rendered = render(overlay);
  const namespace = rendered.find(({ kind }) => kind === "Namespace")?.metadata.name;
  const theirs = comparable(rendered, /"tidegate-[a-z0-9]{10}"/g);
  const ours = comparable(template(own, namespace), /"tidegate-development"/g);

  it("have the same objects", () => {
    expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  });

  it.each(Object.keys(theirs))("have the same %s", (name) => {
    expect(ours[name]).toEqual(theirs[name]);
  });
});

describe("the comparison itself", () => {
  it("sees a setting, a port and a replica that differ", () => {
    const theirs = comparable(render("overlays/prod"), /^$/g);
    const settings = { TIDEGATE_CAPACITY: "9999" };
    const networkPolicy = { redisPorts: [10000] };
    const ours = comparable(template({ ...production, replicas: 4, settings, networkPolicy }), /^$/g);
    const differing = Object.keys(theirs).filter((name) => !isDeepStrictEqual(ours[name], theirs[name]));
    expect(differing.sort()).toEqual([
      "ConfigMap tidegate-settings",
      "Deployment tidegate",
      "NetworkPolicy tidegate",
    ]);
  });
});
