import { defineConfig } from "vitest/config";
import { programAware } from "../scripts/programs/vitest.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/setup.ts"],
    // Most of them wait most of the time: for drains, scrapes and alerts.
    maxWorkers: 4,
    testTimeout: 60_000,
    hookTimeout: 300_000,
    ...programAware("deploy"),
  },
});
