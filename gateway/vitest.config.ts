import { join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

const report = process.env.TIDEGATE_TEST_REPORT;

/** Suites that kill and freeze servers for minutes: `npm run test:faults`. */
const faults = ["faults", "losses", "sentinel", "sentinel-contract", "cluster", "cluster-contract"];
const excluded = process.env.TIDEGATE_TEST_FAULTS
  ? []
  : faults.map((name) => `test/cluster/redis/${name}.test.ts`);

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // They wait more than they compute, so more of them go at once than there are cores.
    maxWorkers: 4,
    exclude: [...configDefaults.exclude, ...excluded],
    globalSetup: ["test/support/ensure-redis.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: report ? ["default", ["json", { outputFile: join(report, "gateway.json") }]] : ["default"],
  },
});
