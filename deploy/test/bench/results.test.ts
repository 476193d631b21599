import { expect, it } from "vitest";
import { limits } from "../../bench/limits.ts";
import { figuresPath, readRun } from "../../bench/results.ts";
import { scenarios } from "../../bench/scenarios/all.ts";

it("RESULTS.md tells a full run of all scenarios", () => {
  const run = readRun(figuresPath);
  expect(new Set(run.results.map(({ scenario }) => scenario))).toEqual(new Set(scenarios));
});

it("each scenario's page says what bounds its figures", () => {
  const headings = scenarios.flatMap(({ name, redis }) =>
    redis === "also" ? [name, `${name}, through Redis`] : [name],
  );
  expect(Object.keys(limits).sort()).toEqual(headings.sort());
});
