import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  HealthCheck,
  type HealthCheckOptions,
} from "../../../../src/backplane/redis/connection/health-check.ts";
import { silentLog } from "../../../../src/log.ts";
import { ThrottledLog } from "../../../../src/throttled-log.ts";

type Connection = HealthCheckOptions["commands"];

/** A connection whose pings are answered as a test says. */
class Wire implements Connection {
  ready = true;
  stuck = false;
  received = 0;
  readonly restart = vi.fn();
  answer: () => Promise<string> = async () => "run_id:abc";

  onReady(): void {}

  call<Reply>(): Promise<Reply> {
    return this.answer() as Promise<Reply>;
  }
}

const patience = { timeout: 5_000, interval: 1 };
const late = () => Promise.reject(new Error("No answer came."));

let commands: Wire;
let subscriber: Wire;
let reading: Wire;
let looks: number;
let watch: HealthCheck;

beforeEach(() => {
  commands = new Wire();
  subscriber = new Wire();
  reading = new Wire();
  looks = 0;
  watch = new HealthCheck({
    commands,
    subscriber,
    reading,
    topics: {
      compareQuiet() {
        looks += 1;
      },
    },
    throttledLog: new ThrottledLog(silentLog),
    onReplaced() {},
    interval: 2,
  });
  watch.start();
});

afterEach(() => watch.stop());

/** Waits until what looked last has had its answers. */
async function look(): Promise<void> {
  const goal = looks + 3;
  await vi.waitFor(() => expect(looks).toBeGreaterThanOrEqual(goal), patience);
}

it("gives up a connection on which nothing comes", async () => {
  subscriber.answer = late;
  await vi.waitFor(() => expect(subscriber.restart).toHaveBeenCalled(), patience);
  expect(commands.restart).not.toHaveBeenCalled();
});

it("gives up one that is dead while its client was not told", async () => {
  Object.assign(subscriber, { ready: false, stuck: true });
  await vi.waitFor(() => expect(subscriber.restart).toHaveBeenCalled(), patience);
  expect(commands.restart).not.toHaveBeenCalled();
});

it("keeps one that is only busy: other answers come on it", async () => {
  commands.answer = () => {
    commands.received += 1;
    return late();
  };
  await look();
  expect(commands.restart).not.toHaveBeenCalled();
});

it.each(["subscriber", "reading"] as const)(
  "gives up all where the %s is at another server",
  async (which) => {
    const other = { subscriber, reading }[which];
    other.answer = async () => "run_id:def";
    await vi.waitFor(() => expect(commands.restart).toHaveBeenCalled(), patience);
    for (const { restart } of [subscriber, reading]) expect(restart).toHaveBeenCalled();
  },
);
