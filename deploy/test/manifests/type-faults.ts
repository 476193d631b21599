import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { modelOf, typedHere } from "./models.ts";
import type { Manifest } from "./render.ts";

const execute = promisify(execFile);
const deploy = resolve(import.meta.dirname, "../..");
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

/**
 * Compiles each manifest as a literal of its type, so that an unknown field or a value of a wrong type is an error.
 *
 * @param sets the manifests by a name for each set of them
 * @returns the compiler's complaints
 */
export async function typeFaults(sets: Record<string, readonly Manifest[]>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-manifests-"));
  try {
    symlinkSync(join(deploy, "node_modules"), join(folder, "node_modules"));
    for (const [name, manifests] of Object.entries(sets)) {
      writeFileSync(join(folder, `${name.replaceAll("/", "-")}.ts`), manifests.map(literal).join("\n"));
    }
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    // The compiler ends with 2 where it complains, and the complaints are on its output.
    const { stdout } = await execute(process.execPath, [tsc, "-p", folder], { maxBuffer: 2 ** 24 }).catch(
      (error: { stdout: string }) => error,
    );
    return stdout.split("\n").filter((line) => line.includes("error TS"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const compilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  module: "nodenext",
  target: "es2023",
  types: [],
  allowImportingTsExtensions: true,
};

function literal(manifest: Manifest, index: number): string {
  const { kind } = manifest;
  const own = typedHere[kind];
  const source = own === undefined ? modelOf(manifest) : join(import.meta.dirname, own);
  return `import type { I${kind} as Type${index} } from ${JSON.stringify(source)};
export const manifest${index}: Type${index} = ${JSON.stringify(manifest, null, 2)};`;
}
