/** Sets the version in every place: `npm run version -- 0.2.0`. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { released } from "./changelog.ts";
import { files, placesIn, root, withVersion } from "./places.ts";

const [version = ""] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
  process.stderr.write("npm run version -- MAJOR.MINOR.PATCH\n");
  process.exit(2);
}

function rewrite(file: string, change: (text: string) => string): void {
  const path = join(root, file);
  writeFileSync(path, change(readFileSync(path, "utf8")));
}

for (const file of files()) {
  const places = placesIn(file);
  if (places.length > 0) rewrite(file, (text) => withVersion(text, places, version));
}
rewrite("CHANGELOG.md", (text) => released(text, version, new Date().toISOString().slice(0, 10)));
process.stdout.write(`The version is ${version}. Record its formats: npm run record --workspace gateway\n`);
