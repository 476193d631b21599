/** Makes the files of a release: `npm run release -- v0.2.0`. Nothing is published. */

import { resolve } from "node:path";
import { root } from "../version/places.ts";
import { makeRelease } from "./release.ts";

const [revision, out = "release"] = process.argv.slice(2);
if (revision === undefined) {
  process.stderr.write("npm run release -- TAG [FOLDER]\n");
  process.exit(2);
}
try {
  const folder = resolve(root, out);
  for (const name of await makeRelease(root, revision, folder))
    process.stdout.write(`${resolve(folder, name)}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
