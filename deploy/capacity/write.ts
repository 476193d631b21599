/** Writes the page on capacity. */
import { writeFileSync } from "node:fs";
import { capacityPage } from "./page.ts";

writeFileSync(new URL("../CAPACITY.md", import.meta.url), capacityPage());
