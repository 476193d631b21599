import { expect, it } from "vitest";
import { limits } from "../../bench/limits.ts";
import { figuresPath, readRun } from "../../bench/results.ts";
import { byName, scenarios } from "../../bench/scenarios/all.ts";

it("RESULTS.md tells a full run of all scenarios", () => {
  const run = readRun(figuresPath);
  expect(new Set(run.results.map(({ scenario }) => scenario))).toEqual(new Set(scenarios));
});

it("each scenario's page says what bounds its figures", () => {
  const headings = (all: typeof scenarios) =>
    all.flatMap(({ name, redis }) => (redis === "also" ? [name, `${name}, through Redis`] : [name]));
  const known = new Set([...headings(scenarios), ...headings(byName)]);
  expect(Object.keys(limits)).toEqual(expect.arrayContaining(headings(scenarios)));
  expect(Object.keys(limits).filter((name) => !known.has(name))).toEqual([]);
});
