import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findProgram } from "../../../scripts/programs/find.ts";

const root = resolve(import.meta.dirname, "../../..");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tidegate-programs-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Puts an executable script into the folder. */
function place(name: string, script = "exit 0"): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe("a program", () => {
  it("is looked for on the PATH, under each of its names", () => {
    vi.stubEnv("PATH", folder);
    expect(findProgram("chromium")).toBeUndefined();
    const chrome = place("google-chrome");
    expect(findProgram("chromium")).toBe(chrome);
    const chromium = place("chromium");
    expect(findProgram("chromium")).toBe(chromium);
  });

  it("is not a file that cannot be run", () => {
    vi.stubEnv("PATH", folder);
    chmodSync(place("jsc"), 0o644);
    mkdirSync(join(folder, "openssl"));
    expect(findProgram("jsc")).toBeUndefined();
    expect(findProgram("openssl")).toBeUndefined();
  });
});

/** Runs a test file that needs redis-server where there is none. */
function runWithoutRedis(env: NodeJS.ProcessEnv) {
  const args = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--root",
    "gateway",
    "test/backplane/redis/connection/redis-connection.test.ts",
  ];
  const options = { cwd: root, encoding: "utf8", env: { PATH: folder, NO_COLOR: "1", ...env } } as const;
  return spawnSync(process.execPath, args, options);
}

describe("a test whose program is lacking", () => {
  it("is skipped, and named with how to get the program", () => {
    const { status, stdout, stderr } = runWithoutRedis({ TIDEGATE_TEST_INSTALL: "no" });
    expect(stderr).toContain("Nothing is installed for the tests, since TIDEGATE_TEST_INSTALL is no.");
    expect(stderr).toMatch(
      /^skipped: test\/backplane\/redis\/connection\/redis-connection\.test\.ts, \d+ tests: needs redis-server \(/m,
    );
    expect(stderr).toContain("apt-get install redis-server");
    expect(stdout).toMatch(/Tests +\d+ skipped/);
    expect(status).toBe(0);
  });

  it("fails in CI", () => {
    const { status, stderr } = runWithoutRedis({ TIDEGATE_TEST_INSTALL: "no", CI: "true" });
    expect(stderr).toContain("Error: needs redis-server (apt-get install redis-server)");
    expect(status).not.toBe(0);
  });
});

describe("the installer", () => {
  const policy = () => join(folder, "policy-rc.d");

  function install(...packages: string[]) {
    const env = { PATH: `${folder}:/usr/bin:/bin`, TIDEGATE_POLICY: policy() };
    return spawnSync(resolve(root, "scripts/programs/install.sh"), packages, { encoding: "utf8", env });
  }

  beforeEach(() => {
    place("apt-cache", '[ "$2" != old ]');
    place(
      "apt-get",
      `[ "$1" = update ] && exit 0
       for last; do :; done
       "$TIDEGATE_POLICY"; echo "$last $?" >>"${join(folder, "installed")}"
       [ "$last" != broken ] || { echo "why $last fails" >&2; exit 1; }`,
    );
  });

  it("starts no service, takes what the release has, and leaves nothing behind", () => {
    expect(install("one", "old|new").status).toBe(0);
    expect(readFileSync(join(folder, "installed"), "utf8")).toBe("one 101\nnew 101\n");
    expect(existsSync(policy())).toBe(false);
  });

  it("goes on after a package that fails, and keeps what was said of it", () => {
    const { status, stderr } = install("broken", "two");
    expect(status).toBe(1);
    expect(stderr).toContain("why broken fails");
    expect(readFileSync(join(folder, "installed"), "utf8")).toBe("broken 101\ntwo 101\n");
    expect(existsSync(policy())).toBe(false);
  });

  it("leaves a policy that the machine has", () => {
    place("policy-rc.d", "exit 104");
    expect(install("one").status).toBe(0);
    expect(readFileSync(join(folder, "installed"), "utf8")).toBe("one 104\n");
    expect(existsSync(policy())).toBe(true);
  });
});
