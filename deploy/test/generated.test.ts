import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { generatedFiles } from "../generated.ts";

const root = resolve(import.meta.dirname, "../..");
const files = generatedFiles().map(({ file, text }) => ({ path: relative(root, fileURLToPath(file)), text }));

it.each(files)("$path is as `npm run generate` writes it", ({ path, text }) => {
  expect(readFileSync(resolve(root, path), "utf8"), "out of date: run `npm run generate`").toBe(text);
});
