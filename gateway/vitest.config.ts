import { defineConfig } from "vitest/config";
import { programAware } from "../scripts/programs/vitest.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // They wait more than they compute, so more of them go at once than there are cores.
    maxWorkers: 4,
    globalSetup: ["test/support/setup.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    ...programAware("gateway"),
  },
});
