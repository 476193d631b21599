import { defineConfig } from "vitest/config";
import { programAware } from "../scripts/programs/vitest.ts";

/** The scenarios once more, on something else: see `test/support/clients.ts`. */
const scenariosOn = (client: string, exclude: string[] = []) => ({
  extends: true as const,
  test: {
    name: client,
    include: ["test/scenarios/**/*.test.ts", "test/simulation.test.ts"],
    exclude,
    env: { TIDEGATE_CLIENT: client, TIDEGATE_SEEDS: process.env.TIDEGATE_SEEDS ?? "20" },
  },
});

export default defineConfig({
  // The examples import the package by its name.
  resolve: { alias: { "tidegate-miniprogram": `${import.meta.dirname}/src/index.ts` } },
  test: {
    // They wait more than they compute, so more of them go at once than there are cores.
    maxWorkers: 4,
    globalSetup: ["test/support/setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    ...programAware("client"),
    projects: [
      { extends: true, test: { name: "source", include: ["test/**/*.test.ts"] } },
      scenariosOn("bundle", ["test/scenarios/weapp.test.ts", "test/simulation.test.ts"]),
      scenariosOn("weapp", ["test/scenarios/weapp.test.ts"]),
    ],
  },
});
