import { join } from "node:path";
import { defineConfig } from "vitest/config";

const report = process.env.TIDEGATE_TEST_REPORT;

export default defineConfig({
  // The examples import the package by its name.
  resolve: { alias: { "tidegate-miniprogram": `${import.meta.dirname}/src/index.ts` } },
  test: {
    include: ["test/**/*.test.ts"],
    // They wait more than they compute, so more of them go at once than there are cores.
    maxWorkers: 4,
    globalSetup: ["test/support/engines.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: report ? ["default", ["json", { outputFile: join(report, "client.json") }]] : ["default"],
  },
});
