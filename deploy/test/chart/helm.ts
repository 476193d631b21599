import { execFile, execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll } from "vitest";
import { type Manifest, parseManifests } from "../manifests/render.ts";
import { programOfLayer } from "../support/layer.ts";

export const chart = resolve(import.meta.dirname, "../../../k8s/chart");

/** Values of the chart, nested as in `values.yaml`. */
export type Values = Record<string, unknown>;

/** What an installation to rely on has to say. */
export const production: Values = {
  production: true,
  image: { repository: "registry.example.com/tidegate", digest: `sha256:${"0".repeat(64)}` },
};

/** For values, and what Helm keeps. */
const folder = mkdtempSync(join(tmpdir(), "tidegate-helm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** No configuration of the machine, and no cluster that it knows. */
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  KUBECONFIG: "/dev/null",
};

/** @throws Error with what Helm complains of */
export function helm(...args: string[]): string {
  return execFileSync(programOfLayer("helm"), args, {
    encoding: "utf8",
    stdio: "pipe",
    env,
    maxBuffer: 2 ** 24,
  });
}

/** The chart's objects with these values. @throws Error with what Helm complains of */
export function template(values: Values, namespace = "tidegate"): Manifest[] {
  const args = ["template", "tidegate", chart, "--namespace", namespace, "--values", valuesFile(values)];
  return parseManifests(helm(...args)).filter((manifest) => manifest !== null);
}

/** The same with a cluster to look at, at this address of its API. */
export async function templateAt(server: string, values: Values): Promise<Manifest[]> {
  const where = [
    "--namespace",
    "tidegate",
    "--dry-run=server",
    "--disable-openapi-validation",
    "--kube-apiserver",
    server,
  ];
  const args = ["template", "tidegate", chart, ...where, "--values", valuesFile(values)];
  const { stdout } = await promisify(execFile)(programOfLayer("helm"), args, { env, maxBuffer: 2 ** 24 });
  return parseManifests(stdout).filter((manifest) => manifest !== null);
}

/** What Helm tells whoever installs with these values. */
export function notes(values: Values): string {
  const args = ["install", "tidegate", chart, "--namespace", "tidegate", "--dry-run=client"];
  const [, text = ""] = helm(...args, "--values", valuesFile(values)).split("\nNOTES:\n");
  return text;
}

/** JSON, which is YAML too. */
function valuesFile(values: Values): string {
  const file = join(folder, `${randomUUID()}.json`);
  writeFileSync(file, JSON.stringify(values));
  return file;
}
