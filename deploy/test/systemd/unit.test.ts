import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../gateway/src/config/load.ts";
import { stopMargin } from "../../../gateway/src/ops/shutdown.ts";
import { programFor } from "../../../scripts/programs/need.ts";
import { readDockerfile } from "../image/dockerfile.ts";

const deploy = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(resolve(deploy, path), "utf8");
const unit = read("systemd/tidegate@.service");

/** Every value of a directive, in order. */
function valuesOf(directive: string): string[] {
  return [...unit.matchAll(new RegExp(`^${directive}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

function pairs(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

/** What the process finds in its environment as `tidegate@1`. */
const environment: Record<string, string> = {
  ...pairs(
    valuesOf("Environment").map((line) => line.replaceAll("%i", "1").replaceAll("%d", "/run/credentials")),
  ),
  ...pairs(
    read("systemd/tidegate.env")
      .split("\n")
      .filter((line) => /^\w+=/.test(line)),
  ),
};

const files: Record<string, string> = {
  "/run/credentials/token-secret": "a-secret-for-the-unit-of-32-bytes-or-more\n",
  "/run/credentials/api-keys": "a-key-for-the-unit-of-32-bytes-or-more\n",
  "/run/credentials/redis-url": "redis://tidegate:password@127.0.0.1:6379\n",
  "/etc/tidegate/channels.yaml": read("../k8s/base/channels.yaml"),
};

function fileAt(path: string): string {
  const text = files[path];
  if (text === undefined) throw Object.assign(new Error(`nothing is at ${path}`), { code: "ENOENT" });
  return text;
}

describe("the unit", () => {
  it("is what systemd takes for one", (test) => {
    const folder = mkdtempSync(join(tmpdir(), "tidegate-unit-"));
    const file = join(folder, "tidegate@.service");
    const verify = (text: string) => {
      writeFileSync(file, text);
      return execFileSync(programFor(test, "systemd-analyze"), ["verify", file], {
        encoding: "utf8",
        stdio: "pipe",
      });
    };
    const here = unit.replace("/usr/local/bin/node", process.execPath);
    expect(verify(here)).toBe("");
    expect(() => verify(here.replace("Type=exec", "Type=exec\nExecStop=relative/path"))).toThrow();
    rmSync(folder, { recursive: true });
  });

  it("gives the gateway settings that it starts on without a warning", () => {
    const { config, warnings } = loadConfig(environment, fileAt);
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({ production: true, port: 3101, adminPort: 3201, host: "127.0.0.1" });
    expect(config.redisUrl).toMatch(/^redis:/);
  });

  it("hands over each file that a setting names", () => {
    const handed = valuesOf("LoadCredential").map((line) => line.split(":")[0]);
    const named = valuesOf("Environment").flatMap((line) => /=%d\/(.*)/.exec(line)?.[1] ?? []);
    expect(named.sort()).toEqual(handed.sort());
    expect(handed.length).toBe(3);
  });

  it("waits for a drain before it kills", () => {
    const { config } = loadConfig(environment, fileAt);
    const [limit = ""] = valuesOf("TimeoutStopSec");
    expect(Number(limit) * 1_000).toBeGreaterThan(config.drainWindow + stopMargin);
    expect(read("MACHINE.md")).toContain(`at most ${limit} s (\`TimeoutStopSec\``);
  });

  it("runs the process as the image does", () => {
    const command = readDockerfile(resolve(deploy, "../Dockerfile")).at(-1)?.command ?? [];
    const [start = ""] = valuesOf("ExecStart");
    expect(start.split(" ").slice(1, -1)).toEqual(command.slice(1, -1));
  });
});
