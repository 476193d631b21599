import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { limits } from "../../bench/limits.ts";
import { figuresPath, readRun, resultsPage, resultsPath } from "../../bench/results.ts";
import { scenarios } from "../../bench/scenarios/all.ts";

it("RESULTS.md is as a full run of all scenarios wrote it", () => {
  const run = readRun(figuresPath);
  expect(readFileSync(resultsPath, "utf8")).toBe(resultsPage(run));
  expect(new Set(run.results.map(({ scenario }) => scenario))).toEqual(new Set(scenarios));
});

it("each scenario's page says what bounds its figures", () => {
  const headings = scenarios.flatMap(({ name, redis }) =>
    redis === "also" ? [name, `${name}, through Redis`] : [name],
  );
  expect(Object.keys(limits).sort()).toEqual(headings.sort());
});
