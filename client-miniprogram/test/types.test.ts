import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** `npm run types` checks `types/*.test-d.ts`. Here it is checked that it can fail. */

const root = join(import.meta.dirname, "..");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tidegate-types-"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Compiles the test of the protocol's types with a client's protocol of this text. @returns what it complains of */
function complaints(protocol: string): string {
  writeFileSync(join(folder, "protocol.ts"), protocol);
  const test = readFileSync(join(root, "test/types/protocol.test-d.ts"), "utf8")
    .replace("../../src/protocol.ts", "./protocol.ts")
    .replace("../../../gateway", join(root, "../gateway"))
    .replace('"vitest"', `"${join(root, "../node_modules/vitest/dist/index.js")}"`);
  writeFileSync(join(folder, "protocol.test-d.ts"), test);
  const compilerOptions = { typeRoots: [join(root, "../node_modules/@types")] };
  const config = { extends: join(root, "../tsconfig.json"), include: ["."], compilerOptions };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  return spawnSync("tsc", ["-p", folder], { encoding: "utf8" }).stdout;
}

describe("the test of the protocol's types", () => {
  const protocol = readFileSync(join(root, "src/protocol.ts"), "utf8");

  it("passes with the client's own", () => {
    expect(complaints(protocol)).toBe("");
  });

  it.each([
    ["a member is missing", "  recovered?: boolean;\n", ""],
    ["a member has another type", "  connections: number;", "  connections: string;"],
    ["a member is not optional", "  id?: string;", "  id: string;"],
    ["a member is new", "  reconnect: boolean;", "  reconnect: boolean;\n  until: number;"],
  ])("fails where %s", (_name, part, change) => {
    expect(protocol).toContain(part);
    expect(complaints(protocol.replace(part, change))).toContain("protocol.test-d.ts");
  });
});
