import { join } from "node:path";
import { defineConfig } from "vitest/config";

const report = process.env.TIDEGATE_TEST_REPORT;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // They wait more than they compute, so more of them go at once than there are cores.
    maxWorkers: 4,
    globalSetup: ["test/support/ensure-redis.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: report ? ["default", ["json", { outputFile: join(report, "gateway.json") }]] : ["default"],
  },
});
