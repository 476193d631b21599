import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRelease } from "../../../scripts/release/release.ts";
import { exportSource } from "../../../scripts/release/source.ts";
import { section } from "../../../scripts/version/changelog.ts";
import { helm } from "../chart/helm.ts";

const root = resolve(import.meta.dirname, "../../..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

let folder: string;
let names: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tidegate-release-test-"));
  names = await makeRelease(root, "HEAD", join(folder, "one"));
});

afterAll(() => rmSync(folder, { recursive: true }));

const read = (name: string) => readFileSync(join(folder, "one", name));

describe("a release of this commit", () => {
  it("is the chart, the client, what watches, what is in it, what changed, and the sums of all", () => {
    expect(names).toEqual([
      "CHANGES.md",
      "dashboard.json",
      "rules.yaml",
      `tidegate-${version}.cdx.json`,
      `tidegate-${version}.tgz`,
      `tidegate-miniprogram-${version}.tgz`,
      "SHA256SUMS",
    ]);
    execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], {
      cwd: join(folder, "one"),
      stdio: "pipe",
    });
  });

  it("is the same a second time, byte for byte", { timeout: 300_000 }, async () => {
    await makeRelease(root, "HEAD", join(folder, "two"));
    expect(readdirSync(join(folder, "two")).sort()).toEqual([...names].sort());
    for (const name of names)
      expect(readFileSync(join(folder, "two", name)).equals(read(name)), name).toBe(true);
  });

  it("has a chart that Helm installs, with files of the commit's time", () => {
    const chart = join(folder, "one", `tidegate-${version}.tgz`);
    expect(helm("template", "tidegate", chart)).toContain("kind: Deployment");
    expect(helm("show", "chart", chart)).toContain(`version: ${version}`);
    const times = execFileSync("tar", ["-tvzf", chart, "--full-time", "--utc"], { encoding: "utf8" })
      .trim()
      .split("\n");
    expect(new Set(times.map((line) => line.split(/\s+/).slice(3, 5).join(" "))).size).toBe(1);
  });

  it("has a client with its build", () => {
    const client = join(folder, "one", `tidegate-miniprogram-${version}.tgz`);
    const files = execFileSync("tar", ["-tzf", client], { encoding: "utf8" });
    expect(files).toContain("package/miniprogram_dist/index.js\n");
    expect(files).toContain("package/LICENSE\n");
  });

  it("says what the gateway is made of, and nothing of what builds it", () => {
    const bom = JSON.parse(read(`tidegate-${version}.cdx.json`).toString());
    expect(bom).toMatchObject({
      bomFormat: "CycloneDX",
      metadata: { component: { name: "tidegate", version } },
    });
    const components = bom.components.map(({ name }: { name: string }) => name);
    const { dependencies } = JSON.parse(readFileSync(join(root, "gateway/package.json"), "utf8"));
    expect(components).toEqual(
      expect.arrayContaining([...Object.keys(dependencies), "engine.io", "gateway"]),
    );
    for (const name of ["vitest", "typescript", "esbuild"]) expect(components).not.toContain(name);
  });
});

describe("no release", () => {
  it("is made of a tag of another version", () => {
    const repository = join(folder, "repository");
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", "-C", repository, ...args]);
    execFileSync("git", ["init", "--quiet", repository]);
    writeFileSync(join(repository, "package.json"), '{"version": "1.0.0"}');
    git("add", ".");
    git("commit", "--quiet", "-m", "a");
    git("tag", "v1.0.1");
    expect(() => exportSource(repository, "v1.0.1")).toThrow(
      "The tag v1.0.1 is on a commit of version 1.0.0",
    );
    git("tag", "v1.0.0");
    const source = exportSource(repository, "v1.0.0");
    expect(source.version).toBe("1.0.0");
    rmSync(source.folder, { recursive: true });
  });

  it("overwrites a folder with something in it", async () => {
    writeFileSync(join(folder, "kept"), "");
    await expect(makeRelease(root, "HEAD", folder)).rejects.toThrow("is not empty");
  });
});

it("a version's changes are its section of the changelog", () => {
  const text =
    "# C\n\n## [Unreleased]\n\n- c\n\n## [2.0.0] - 2026-02-02\n\n- b\n\n## [1.0.0] - 2026-01-01\n\n- a\n";
  expect(section(text, "2.0.0")).toBe("- b\n");
  expect(section(text, "1.0.0")).toBe("- a\n");
  expect(section(text, "3.0.0")).toBeUndefined();
});
