import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What WeChat's own tool reports of a project whose npm packages it has packed. */
export interface Packed {
  miniProgramPackNum: number;
  otherNpmPackNum: number;
  warnList: unknown[];
  /** What it writes about files that it cannot read. */
  output: string;
}

const version = "2.1.42";
/** With a thousand packages it is no dependency of ours; it is installed by the first test that needs it. */
const cache = join(import.meta.dirname, `../../../node_modules/.cache/miniprogram-ci-${version}`);

const script = `
const [project, out] = process.argv.slice(2);
require("miniprogram-ci")
  .packNpmManually({ packageJsonPath: project + "/package.json", miniprogramNpmDistDir: out })
  .then((result) => { console.log("\\n" + JSON.stringify(result)); process.exit(0); });
`;

function ensurePacker(): void {
  if (existsSync(cache)) return;
  const fresh = `${cache}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  writeFileSync(join(fresh, "package.json"), '{ "private": true }\n');
  writeFileSync(join(fresh, "pack.cjs"), script);
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", ["install", ...quiet, `miniprogram-ci@${version}`], { cwd: fresh, stdio: "pipe" });
  try {
    renameSync(fresh, cache);
  } catch (error) {
    rmSync(fresh, { recursive: true });
    // Another run was faster.
    if (!existsSync(cache)) throw error;
  }
}

/**
 * Does what *Tools → Build npm* does in WeChat's developer tools.
 *
 * @param project the folder of a mini-program, its packages installed
 * @param out where `miniprogram_npm` goes
 */
export function packNpm(project: string, out: string): Packed {
  ensurePacker();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(cache, "pack.cjs"), project, out], {
    cwd: cache,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`WeChat's packer ended with ${status}: ${stdout}${stderr}`);
  const result = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Omit<Packed, "output">;
  return { ...result, output: stdout + stderr };
}
