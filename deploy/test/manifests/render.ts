import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseAllDocuments } from "yaml";
import { programOfLayer } from "../support/layer.ts";

const root = resolve(import.meta.dirname, "../../../k8s");

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
}

/** Folders in k8s/ that `kubectl apply -k` is meant for. */
export const overlays: readonly string[] = [
  ...readdirSync(join(root, "overlays")).map((name) => `overlays/${name}`),
  "example",
];

/** What kustomize makes of the folder in k8s/. */
export function render(overlay: string): Manifest[] {
  return kustomize(join(root, overlay));
}

/** What it makes of it where somebody has written another namespace into its kustomization. */
export function renderIn(namespace: string, overlay: string): Manifest[] {
  const copy = mkdtempSync(join(tmpdir(), "tidegate-k8s-"));
  cpSync(root, copy, { recursive: true });
  const file = join(copy, overlay, "kustomization.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace(/^namespace: .*$/m, `namespace: ${namespace}`));
  const manifests = kustomize(join(copy, overlay));
  rmSync(copy, { recursive: true });
  return manifests;
}

function kustomize(folder: string): Manifest[] {
  const text = execFileSync(programOfLayer("kubectl"), ["kustomize", folder], {
    encoding: "utf8",
    maxBuffer: 2 ** 24,
  });
  return parseManifests(text);
}

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** The one manifest of the kind, and of the name where several have it. */
export function only(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.filter(
    (manifest) => manifest.kind === kind && (name === undefined || manifest.metadata.name === name),
  );
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} of ${kind} ${name ?? ""}`);
  return found[0];
}
