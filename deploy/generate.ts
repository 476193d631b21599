/** Writes the generated files of deploy/ and k8s/. */

import { existsSync, writeFileSync } from "node:fs";

if (!existsSync(new URL("node_modules", import.meta.url))) {
  process.stderr.write(
    "The dashboard is made with packages of deploy/: npm ci --prefix deploy --ignore-scripts\n",
  );
  process.exit(1);
}
const { generatedFiles } = await import("./generated.ts");
for (const { file, text } of generatedFiles()) writeFileSync(file, text);
