import { defineConfig } from "vitest/config";
import { programAware } from "../scripts/programs/vitest.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Each file has a browser of its own.
    maxWorkers: 2,
    globalSetup: ["test/support/setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    ...programAware("console"),
  },
});
