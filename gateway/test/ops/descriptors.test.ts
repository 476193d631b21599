import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { capacityWarning, openFileLimit, socketBounds } from "../../src/ops/descriptors.ts";

it.each([
  [256, { refuseAbove: 128, most: 192 }],
  [1_024, { refuseAbove: 896, most: 960 }],
  [4_096, { refuseAbove: 3_840, most: 3_968 }],
  [65_536, { refuseAbove: 64_512, most: 65_024 }],
  [1_048_576, { refuseAbove: 1_047_552, most: 1_048_064 }],
])("of a limit of %i open files some are kept from the public port", (limit, bounds) => {
  expect(socketBounds(limit)).toEqual(bounds);
});

it("without a limit there is none for sockets either, and nothing to warn of", () => {
  const none = Number.POSITIVE_INFINITY;
  expect(socketBounds(undefined)).toEqual({ refuseAbove: none, most: none });
  expect(capacityWarning(undefined, 1_000_000)).toBeUndefined();
});

it("a limit below the capacity is told with the cure", () => {
  const warning = capacityWarning(4_096, 10_000);
  expect(warning).toMatch(/TIDEGATE_CAPACITY is 10000\b.*\b4096 open files.*\b3840 connections/);
  for (const cure of ["ulimit -n", "LimitNOFILE", "nofile"]) expect(warning).toContain(cure);
});

it.each([1, 100, 1_919, 1_920, 1_921, 10_000, 15_360, 15_361, 50_000, 1_000_000])(
  "the limit that a capacity of %i is told to need is enough",
  (capacity) => {
    const [, needed] = /at least (\d+)/.exec(capacityWarning(0, capacity) ?? "") ?? [];
    expect(capacityWarning(Number(needed), capacity)).toBeUndefined();
  },
);

it("the system's limit is read, and the reports that an operator asks for stay as they were", () => {
  const setting = () => Reflect.get(process.report, "excludeNetwork");
  const before = setting();
  const shell = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  expect(openFileLimit()).toBe(shell === "unlimited" ? undefined : Number(shell));
  expect(setting()).toBe(before);
});
