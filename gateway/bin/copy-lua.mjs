// Puts the Lua scripts beside the compiled code: tsc leaves them, and each is read from beside its callers.
import { cpSync, statSync } from "node:fs";
import { join } from "node:path";

const [src, dist] = ["src", "dist"].map((folder) => join(import.meta.dirname, "..", folder));
cpSync(src, dist, {
  recursive: true,
  filter: (path) => path.endsWith(".lua") || statSync(path).isDirectory(),
});
