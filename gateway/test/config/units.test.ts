import { describe, expect, it } from "vitest";
import { parseDuration, parseInteger, parseRate, parseSize } from "../../src/config/units.ts";

describe("durations", () => {
  it.each([
    ["0ms", 0],
    ["200ms", 200],
    ["90s", 90_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["30d", 2_592_000_000],
  ])("reads %s", (text, value) => expect(parseDuration(text)).toBe(value));

  it.each([
    "",
    "5",
    "s",
    "-1s",
    "1.5s",
    "1 s",
    "1S",
    "5min",
    "1w",
    "1s1s",
    "999999999999999d",
    "1constructor",
  ])("refuses %j", (text) => expect(parseDuration(text)).toBeUndefined());
});

describe("sizes", () => {
  it.each([
    ["0", 0],
    ["512", 512],
    ["512B", 512],
    ["64KiB", 65_536],
    ["1MiB", 1_048_576],
    ["2GiB", 2_147_483_648],
  ])("reads %s", (text, value) => expect(parseSize(text)).toBe(value));

  it.each(["", "64KB", "64kib", "-1", "1.5MiB", "1 MiB", "999999999999999GiB"])("refuses %j", (text) =>
    expect(parseSize(text)).toBeUndefined(),
  );
});

describe("rates", () => {
  it.each([
    ["10/s", 10],
    ["30/m", 0.5],
  ])("reads %s", (text, value) => expect(parseRate(text)).toBe(value));

  it.each(["", "10", "0/s", "10/h", "-1/s", "10 /s", "1.5/s"])("refuses %j", (text) =>
    expect(parseRate(text)).toBeUndefined(),
  );
});

describe("whole numbers", () => {
  it.each([
    ["0", 0],
    ["007", 7],
    ["65535", 65_535],
  ])("reads %s", (text, value) => expect(parseInteger(text)).toBe(value));

  it.each(["", " 1", "-1", "1.0", "1e3", "0x10", "9007199254740993"])("refuses %j", (text) =>
    expect(parseInteger(text)).toBeUndefined(),
  );
});
