import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const shipped = resolve(root, "../gateway/console");

function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = names.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]));
}

it("what is shipped is what `npm run build --workspace console` makes", () => {
  const outDir = mkdtempSync(join(tmpdir(), "tidegate-console-"));
  try {
    // A process of its own: the one of the tests says that it tests, which would come into what is built.
    const vite = resolve(root, "../node_modules/vite/bin/vite.js");
    execFileSync(
      process.execPath,
      [vite, "build", "--outDir", outDir, "--emptyOutDir", "--logLevel", "error"],
      {
        cwd: root,
        env: { ...process.env, NODE_ENV: undefined },
      },
    );
    const built = filesIn(outDir);
    expect(Object.keys(filesIn(shipped))).toEqual(Object.keys(built));
    expect(filesIn(shipped)).toEqual(built);
  } finally {
    rmSync(outDir, { recursive: true });
  }
});

/** What a file loads before it can run. */
function importsOf(name: string, files: Record<string, string>, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, other = ""] of files[name]?.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g) ?? []) {
    importsOf(`assets/${other}`, files, found);
  }
  return found;
}

it("each room is below 120 KiB before it is first painted, gzipped", () => {
  const files = filesIn(shipped);
  const page = files["index.html"] ?? "";
  const first = [...page.matchAll(/"\/console\/([^"]+)"/g)].map(([, name = ""]) => name);
  const rooms = Object.keys(files).filter((name) => /-room-.*\.js$/.test(name));
  expect(rooms).toHaveLength(5);
  for (const room of rooms) {
    const style = Object.keys(files).filter(
      (name) => name.endsWith(".css") && room.startsWith(name.replace(/-[^-]+\.css$/, "-")),
    );
    const loaded = new Set([...first, ...style, ...importsOf(room, files)]);
    for (const name of first)
      if (name.endsWith(".js")) for (const other of importsOf(name, files)) loaded.add(other);
    const bytes = [...loaded].reduce(
      (sum, name) => sum + gzipSync(files[name] ?? "").length,
      gzipSync(page).length,
    );
    expect(bytes, room).toBeGreaterThan(10_000);
    expect(bytes, room).toBeLessThanOrEqual(122_880);
  }
});

it("nothing in it leads to another host, and licences of what is in it are beside it", () => {
  const files = filesIn(shipped);
  for (const [name, text] of Object.entries(files)) {
    if (!/\.(?:html|js|css)$/.test(name)) continue;
    const hosts = [...text.matchAll(/\bhttps?:\/\/([\w.-]+)/g)].map(([, host]) => host);
    // A namespace is a name and no address that is asked.
    expect(
      hosts.filter((host) => host !== "www.w3.org"),
      name,
    ).toEqual([]);
  }
  for (const library of ["preact", "@preact/signals", "uplot"])
    expect(files["LICENSES.md"]).toContain(`## ${library} `);
});
