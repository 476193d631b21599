import { beforeEach, expect, it } from "vitest";
import { SingleFlight } from "../../../src/backplane/redis/single-flight.ts";

let runs: PromiseWithResolvers<void>[];
let failures: unknown[];
let flight: SingleFlight;

beforeEach(() => {
  runs = [];
  failures = [];
  const work = () => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  };
  flight = new SingleFlight(work, (error) => failures.push(error));
});

it("gives whoever asks meanwhile the run that there is", async () => {
  const first = flight.start();
  expect(flight.start()).toBe(first);
  expect(flight.done).toBe(first);
  expect(runs).toHaveLength(1);
  runs[0]?.resolve();
  await first;
});

it("begins another run once one has ended", async () => {
  const first = flight.start();
  runs[0]?.resolve();
  await first;
  await flight.done;
  const second = flight.start();
  expect(runs).toHaveLength(2);
  runs[1]?.resolve();
  await second;
});

it("reports a failure, resolves all the same, and goes on", async () => {
  const first = flight.start();
  runs[0]?.reject("failed");
  await first;
  expect(failures).toEqual(["failed"]);
  void flight.start();
  expect(runs).toHaveLength(2);
});
