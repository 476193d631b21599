/** Writes the generated pages of `docs/`. */

import { writeFileSync } from "node:fs";
import { pages } from "./pages.ts";

for (const [name, content] of Object.entries(await pages())) {
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), content);
}
