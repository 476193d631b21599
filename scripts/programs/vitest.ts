import { join } from "node:path";
import { LackReporter } from "./reporter.ts";

/**
 * What every part's vitest configuration has: tests that need what the machine lacks are skipped and named.
 *
 * @param report name of the JSON report that is written to the folder `TIDEGATE_TEST_REPORT`, where that is set
 */
export function programAware(report: string) {
  const folder = process.env.TIDEGATE_TEST_REPORT;
  const json: ["json", { outputFile: string }][] = folder
    ? [["json", { outputFile: join(folder, `${report}.json`) }]]
    : [];
  return {
    runner: join(import.meta.dirname, "runner.ts"),
    reporters: ["default" as const, new LackReporter(), ...json],
  };
}
