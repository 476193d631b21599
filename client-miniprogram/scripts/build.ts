import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { bundleClient } from "./bundle.ts";
import { bundleTypes } from "./types.ts";

const root = join(import.meta.dirname, "..");

/** Writes what is published: the mini-program's file and the testing entry, each with its types. */
async function buildAll(): Promise<void> {
  await bundleClient(join(root, "miniprogram_dist/index.js"));
  // The package's other files are ES modules; without it Node and bundlers would take this one for such too.
  writeFileSync(join(root, "miniprogram_dist/package.json"), '{ "type": "commonjs" }\n');
  await build({
    entryPoints: [join(root, "testing/index.ts")],
    outfile: join(root, "dist/testing/index.js"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
  });
  const scratch = mkdtempSync(join(tmpdir(), "tidegate-types-"));
  emitTypes(scratch);
  writeTypes(join(scratch, "src/index.d.ts"), "miniprogram_dist");
  writeTypes(join(scratch, "testing/index.d.ts"), "dist/testing");
  rmSync(scratch, { recursive: true });
}

function emitTypes(outDir: string): void {
  const config = join(outDir, "tsconfig.json");
  const options = { noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: root, outDir };
  const include = [join(root, "src"), join(root, "testing")];
  const typeRoots = [join(root, "../node_modules/@types")];
  const compilerOptions = { ...options, typeRoots };
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, "../tsconfig.json"), include, compilerOptions }),
  );
  execFileSync("tsc", ["-p", config], { stdio: "inherit" });
}

function writeTypes(entry: string, folder: string): void {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(
    join(root, folder, "index.d.ts"),
    bundleTypes(entry, (path) => readFileSync(path, "utf8")),
  );
}

await buildAll();
