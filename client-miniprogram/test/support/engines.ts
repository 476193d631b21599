import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

interface Engine {
  files: readonly string[];
  /** The package of Debian that has it. */
  debian: string;
}

const engines = {
  jsc: { files: ["/usr/bin/jsc"], debian: "libjavascriptcoregtk-4.0-bin" },
  chromium: { files: ["/usr/bin/chromium", "/usr/bin/chromium-browser"], debian: "chromium" },
} as const satisfies Record<string, Engine>;

/** Before the tests: what mini-programs run on is installed, where that is possible. */
export default function ensureEngines(): void {
  const missing = Object.values(engines).filter(({ files }: Engine) => !files.some(existsSync));
  if (missing.length === 0) return;
  const packages = missing.map(({ debian }) => debian);
  process.stderr.write(`installing ${packages.join(" and ")} for the tests\n`);
  for (const line of [["update"], ["install", "-y", ...packages]]) {
    spawnSync("apt-get", ["-qq", ...line], { stdio: "ignore" });
  }
}

/** @throws Error that says what to install */
export function engine(name: keyof typeof engines): string {
  const { files, debian }: Engine = engines[name];
  const file = files.find(existsSync);
  if (file === undefined) throw new Error(`This test needs ${files[0]}: apt-get install ${debian}`);
  return file;
}
