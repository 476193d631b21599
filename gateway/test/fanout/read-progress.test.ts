import { beforeEach, expect, it } from "vitest";
import { ReadProgress, unprovenLimit } from "../../src/fanout/read-progress.ts";

let progress: ReadProgress;

beforeEach(() => {
  progress = new ReadProgress();
});

it("finds a peer stalled that has taken nothing between three looks", () => {
  expect(progress.look(1_000, 500)).toBeUndefined();
  expect(progress.look(2_000, 1_500)).toBeUndefined();
  expect(progress.look(3_000, 2_500)).toBe("stalled");
});

it("keeps one that has taken something each time, however little", () => {
  for (let unsent = 1_000; unsent > 990; unsent -= 1) expect(progress.look(1_000, unsent)).toBeUndefined();
});

it("begins anew with each byte that is taken", () => {
  const found = [500, 500, 499, 499, 498, 498].map((unsent) => progress.look(1_000, unsent));
  expect(found).not.toContain("stalled");
});

it("asks a peer for whom the system has taken much, and finds it stalled where it does not answer", () => {
  expect(progress.look(unprovenLimit - 1, 0)).toBeUndefined();
  expect(progress.look(unprovenLimit, 0)).toBeInstanceOf(Buffer);
  expect(progress.look(unprovenLimit, 0)).toBeUndefined();
  expect(progress.look(unprovenLimit, 0)).toBe("stalled");
});

it("believes nothing but the answer to the very ping", () => {
  progress.look(unprovenLimit, 0);
  progress.answered(Buffer.alloc(8));
  progress.answered(Buffer.alloc(0));
  progress.look(unprovenLimit, 0);
  expect(progress.look(unprovenLimit, 0)).toBe("stalled");
});

it("asks one that has answered again once as much has followed", () => {
  const ping = progress.look(unprovenLimit, 0) as Buffer;
  progress.answered(Buffer.from(ping));
  expect(progress.look(2 * unprovenLimit - 1, 0)).toBeUndefined();
  const next = progress.look(2 * unprovenLimit, 0);
  expect(next).toBeInstanceOf(Buffer);
  expect(next).not.toEqual(ping);
});
