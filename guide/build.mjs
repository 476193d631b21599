import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vitepress";

/**
 * Builds the guide into `gateway/guide`, or with `--check` elsewhere, and compares: what is shipped has to be what is
 * written. Beside the pages it notes which scripts stand in them: a policy may allow those by their hashes, and no others.
 */

const shipped = join(import.meta.dirname, "../gateway/guide");
const isCheck = process.argv.includes("--check");
const folder = isCheck ? mkdtempSync(join(tmpdir(), "tidegate-guide-")) : shipped;
await build(import.meta.dirname, { outDir: folder });
writeFileSync(join(folder, "scripts.json"), `${JSON.stringify(scriptsOf(folder), null, 2)}\n`);
if (isCheck) {
  const differing = differences(folder, shipped);
  rmSync(folder, { recursive: true });
  if (differing.length > 0) {
    process.stderr.write(
      `gateway/guide is not what guide/ is built into; run npm run build --prefix guide:\n`,
    );
    process.stderr.write(`${differing.join("\n")}\n`);
    process.exit(1);
  }
}

function scriptsOf(built) {
  const hashes = new Set();
  for (const name of filesIn(built).filter((file) => file.endsWith(".html"))) {
    const html = readFileSync(join(built, name), "utf8");
    for (const [, attributes, script] of html.matchAll(/<script([^>]*)>(.*?)<\/script>/gs)) {
      if (attributes.includes("src=") || script === "") continue;
      hashes.add(`sha256-${createHash("sha256").update(script).digest("base64")}`);
    }
  }
  return [...hashes].sort();
}

function differences(one, other) {
  const names = new Set([...filesIn(one), ...filesIn(other)]);
  return [...names].filter((name) => contentOf(one, name) !== contentOf(other, name)).sort();
}

function contentOf(built, name) {
  try {
    return readFileSync(join(built, name), "latin1");
  } catch {
    return undefined;
  }
}

function filesIn(built) {
  const entries = readdirSync(built, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(built.length + 1));
}
