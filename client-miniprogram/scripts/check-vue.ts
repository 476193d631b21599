import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const examples = join(import.meta.dirname, "../../examples");

/** Checks the types of the uni-app page: its script, where TypeScript can read it. @returns the exit code */
function checkVue(folder: string): number {
  cpSync(join(examples, "uniapp"), join(folder, "uniapp"), { recursive: true });
  const page = readFileSync(join(examples, "uniapp/pages/chat.vue"), "utf8");
  const [, script] = /<script setup lang="ts">\n(.*?)<\/script>/s.exec(page) ?? [];
  if (script === undefined) throw new Error("The page has no script.");
  writeFileSync(join(folder, "uniapp/pages/chat.ts"), `${script}\nvoid send;\n`);
  const config = {
    extends: join(examples, "tsconfig.json"),
    include: [join(examples, "frameworks.d.ts"), join(folder, "uniapp/**/*.ts")],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  return spawnSync("tsc", ["-p", folder], { stdio: "inherit" }).status ?? 1;
}

const folder = mkdtempSync(join(tmpdir(), "tidegate-vue-"));
try {
  process.exitCode = checkVue(folder);
} finally {
  rmSync(folder, { recursive: true });
}
