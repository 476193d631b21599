import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { section } from "../version/changelog.ts";
import { archive } from "./archive.ts";
import { sbom } from "./sbom.ts";
import { exportSource, type Source } from "./source.ts";

/**
 * Makes the files of a release from a commit, and from nothing else that is on this machine: twice the same bytes, with one
 * version of Node and npm. Nothing is published.
 *
 * @param root the repository
 * @param revision a tag such as `v0.2.0`, or a commit
 * @param out a folder for the files, which has nothing in it
 * @returns their names
 */
export async function makeRelease(root: string, revision: string, out: string): Promise<string[]> {
  mkdirSync(out, { recursive: true });
  if (readdirSync(out).length > 0) throw new Error(`${out} is not empty.`);
  const source = exportSource(root, revision);
  try {
    await write(source, out);
  } finally {
    rmSync(source.folder, { recursive: true, force: true });
  }
  const names = readdirSync(out).sort();
  const sums = names.map((name) => `${sha256(join(out, name))}  ${name}\n`).join("");
  writeFileSync(join(out, "SHA256SUMS"), sums);
  return [...names, "SHA256SUMS"];
}

async function write(source: Source, out: string): Promise<void> {
  const { folder, version, epoch } = source;
  const from = (path: string) => join(folder, path);
  writeFileSync(join(out, `tidegate-${version}.cdx.json`), sbom(source));
  copyFileSync(from("deploy/grafana/dashboards/tidegate.json"), join(out, "dashboard.json"));
  copyFileSync(from("deploy/prometheus/rules/tidegate.yaml"), join(out, "rules.yaml"));
  const changes = section(readFileSync(from("CHANGELOG.md"), "utf8"), version);
  if (changes === undefined) throw new Error(`CHANGELOG.md has no section of ${version}.`);
  writeFileSync(join(out, "CHANGES.md"), changes);
  // A chart's package has one folder, with the chart's name.
  mkdirSync(from("package"));
  renameSync(from("k8s/chart"), from("package/tidegate"));
  writeFileSync(join(out, `tidegate-${version}.tgz`), archive(from("package/tidegate"), epoch));
  await packClient(folder, out);
}

/** The client as npm installs it, built with what the lock file names. */
async function packClient(folder: string, out: string): Promise<void> {
  // The build runs on this Node, and not on what the machine calls so.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
  const npm = (...args: string[]) =>
    promisify(execFile)("npm", args, { cwd: folder, env, maxBuffer: 2 ** 26 });
  await npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline");
  await npm("pack", "--workspace=client-miniprogram", `--pack-destination=${out}`);
}

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
