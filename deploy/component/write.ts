/** Writes what the monitoring component of k8s/ holds of the rules and the dashboard. */
import { writeFileSync } from "node:fs";
import { componentFiles, folder } from "./files.ts";

for (const [name, text] of Object.entries(componentFiles())) writeFileSync(new URL(name, folder), text);
