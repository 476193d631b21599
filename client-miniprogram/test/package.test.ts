import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packNpm } from "./support/wechat-packer.ts";

const root = join(import.meta.dirname, "..");
let app: string;

/** The package as npm would publish it, installed in a mini-program's project that has nothing else. */
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), "tidegate-package-"));
  execFileSync("npm", ["pack", "--silent", "--pack-destination", app], { cwd: root, stdio: "pipe" });
  const [archive = ""] = readdirSync(app);
  const project = { private: true, dependencies: { "tidegate-miniprogram": `file:./${archive}` } };
  writeFileSync(join(app, "package.json"), JSON.stringify(project));
  // What depends on nothing is installed without a registry.
  execFileSync("npm", ["install", "--offline", "--no-audit", "--no-fund"], { cwd: app, stdio: "pipe" });
});
afterAll(() => rmSync(app, { recursive: true }));

function run(file: string, text: string): string {
  writeFileSync(join(app, file), text);
  return execFileSync(process.execPath, [file], { cwd: app, encoding: "utf8" }).trim();
}

describe("the published package", () => {
  const installed = (file: string) => join(app, "node_modules/tidegate-miniprogram", file);
  const manifest = () =>
    JSON.parse(readFileSync(installed("package.json"), "utf8")) as Record<string, unknown>;

  it("depends on nothing", () => {
    const { dependencies, peerDependencies, optionalDependencies } = manifest();
    expect({ dependencies, peerDependencies, optionalDependencies }).toEqual({});
    expect(readdirSync(join(app, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "tidegate-miniprogram",
    ]);
  });

  it("says under which licence it is, and what its phone for tests needs", () => {
    expect(readFileSync(installed("LICENSE"), "utf8")).toBe(readFileSync(join(root, "../LICENSE"), "utf8"));
    expect(manifest()).toMatchObject({ license: "MIT", engines: { node: ">=22" } });
  });

  it("is all that WeChat's *Build npm* packs, without a complaint", { timeout: 300_000 }, () => {
    const { output, ...packed } = packNpm(app, join(app, "built"));
    expect(packed).toEqual({ miniProgramPackNum: 1, otherNpmPackNum: 0, warnList: [] });
    expect(output).not.toContain("failed");
    expect(readdirSync(join(app, "built/miniprogram_npm"))).toEqual(["tidegate-miniprogram"]);
  });

  it("is required", () => {
    expect(run("a.cjs", 'process.stdout.write(typeof require("tidegate-miniprogram").connect)')).toBe(
      "function",
    );
  });

  it("is imported", () => {
    const text = 'import { connect } from "tidegate-miniprogram"; process.stdout.write(typeof connect);';
    expect(run("b.mjs", text)).toBe("function");
  });

  it("has the class of its errors", () => {
    const text = `
      const { connect, TideError } = require("tidegate-miniprogram");
      try { connect("nowhere"); } catch (error) { process.stdout.write(String(error instanceof TideError)); }`;
    expect(run("d.cjs", text)).toBe("true");
    const asModule = text.replace(/const (.*) = require\((.*)\);/, "import $1 from $2;");
    expect(run("d.mjs", asModule)).toBe("true");
  });

  it("has a phone for tests", () => {
    const text = 'import { Phone } from "tidegate-miniprogram/testing"; process.stdout.write(typeof Phone);';
    expect(run("c.mjs", text)).toBe("function");
  });

  it("types a page, and refuses what is wrong", () => {
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2020", "--lib", "es2020"];
    const compile = (text: string) => {
      writeFileSync(join(app, "page.mts"), text);
      execFileSync("tsc", [...options, "--types", "", "page.mts"], { cwd: app, stdio: "pipe" });
    };
    const page = (text: string) =>
      `import { connect } from "tidegate-miniprogram";
       const room = connect("wss://a", { login: "wechat" }).channel<{ text: string }>("chat:1");
       room.on("message", ({ data }) => { const text: ${text} = data.text; void text; });`;
    compile(page("string"));
    expect(() => compile(page("number"))).toThrow();
  });
});
