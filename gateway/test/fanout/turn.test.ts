import { performance } from "node:perf_hooks";
import { afterEach, expect, it, vi } from "vitest";
import { Turn } from "../../src/fanout/turn.ts";

const turnEnds = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function setUp(delay?: number) {
  const log: string[] = [];
  const turn = new Turn(delay);
  const outlet = (name: string) => turn.flushAtEnd({ flush: () => void log.push(`outlet ${name}`) });
  const room = (name: string) =>
    turn.atEnd(() => {
      log.push(`room ${name}`);
      outlet(name);
    });
  return { log, outlet, room };
}

it("flushes rooms, then outlets, those that the rooms wrote to included", async () => {
  const { log, outlet, room } = setUp();
  outlet("a");
  room("b");
  room("c");
  expect(log).toEqual([]);
  await turnEnds();
  expect(log).toEqual(["room b", "room c", "outlet a", "outlet b", "outlet c"]);
  await turnEnds();
  expect(log).toHaveLength(5);
});

it("makes rooms wait under a delay, but neither a lone flush nor the outlets", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const clock = vi.spyOn(performance, "now").mockReturnValue(1_000_000);
  const { log, outlet, room } = setUp(50);
  room("a");
  await turnEnds();
  expect(log).toEqual(["room a", "outlet a"]);
  clock.mockReturnValue(1_000_010);
  room("b");
  outlet("x");
  await turnEnds();
  expect(log.slice(2)).toEqual(["outlet x"]);
  room("c");
  vi.advanceTimersByTime(40);
  expect(log.slice(3)).toEqual(["room b", "room c", "outlet b", "outlet c"]);
});
