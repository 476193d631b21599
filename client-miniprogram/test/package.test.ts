import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
let app: string;

/** The package as npm would publish it, installed in an app that has nothing else. */
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), "tidegate-package-"));
  execFileSync("npm", ["pack", "--silent", "--pack-destination", app], { cwd: root, stdio: "pipe" });
  const [archive = ""] = readdirSync(app);
  const installed = join(app, "node_modules/tidegate-miniprogram");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(app, archive), "--strip-components=1", "-C", installed]);
});
afterAll(() => rmSync(app, { recursive: true }));

function run(file: string, text: string): string {
  writeFileSync(join(app, file), text);
  return execFileSync(process.execPath, [file], { cwd: app, encoding: "utf8" }).trim();
}

describe("the published package", () => {
  it("is required", () => {
    expect(run("a.cjs", 'process.stdout.write(typeof require("tidegate-miniprogram").connect)')).toBe(
      "function",
    );
  });

  it("is imported", () => {
    const text = 'import { connect } from "tidegate-miniprogram"; process.stdout.write(typeof connect);';
    expect(run("b.mjs", text)).toBe("function");
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
