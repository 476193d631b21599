import { join } from "node:path";
import { defineConfig } from "vitest/config";

const report = process.env.TIDEGATE_TEST_REPORT;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/packages.ts"],
    // Most of them wait most of the time: for drains, scrapes and alerts.
    maxWorkers: 4,
    testTimeout: 60_000,
    hookTimeout: 300_000,
    reporters: report ? ["default", ["json", { outputFile: join(report, "deploy.json") }]] : ["default"],
  },
});
