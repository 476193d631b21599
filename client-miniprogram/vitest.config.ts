import { join } from "node:path";
import { defineConfig } from "vitest/config";

const report = process.env.TIDEGATE_TEST_REPORT;

export default defineConfig({
  // The examples import the package by its name.
  resolve: { alias: { "tidegate-miniprogram": `${import.meta.dirname}/src/index.ts` } },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/engines.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: report ? ["default", ["json", { outputFile: join(report, "client.json") }]] : ["default"],
  },
});
