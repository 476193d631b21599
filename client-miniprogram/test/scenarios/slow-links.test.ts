import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../../gateway/test/support/gateway.ts";
import { ManualClock } from "../../testing/index.ts";
import { addressOf, numbers, publishAll, record, startApp, stopApps } from "../support/apps.ts";
import { SlowLink } from "../support/slow-network.ts";
import { until } from "../support/waiting.ts";

const rules = `
channels:
  - match: "chat:*"
    subscribe: user
    publish: user
    history: {size: 300, ttl: 30m}
`;
const kibi = 1_024;

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({ rules });
});
afterEach(stopApps);
afterAll(() => gateway.stop());

interface Backlog {
  bits: number;
  messages: number;
  bytes: number;
  /** Milliseconds by which time goes on at once: few where an answer of the gateway must not seem late. */
  step?: number;
}

/** An app on a slow link that was hidden while so much was published. @returns what it saw, and what its return cost */
async function comeBack({ bits, messages, bytes, step = 50 }: Backlog) {
  const clock = new ManualClock();
  const link = new SlowLink(clock, { bits });
  const token = await gateway.token(`user-${bits}-${bytes}`);
  const { tide, phone } = startApp(addressOf(gateway), { token }, { clock, network: link.network });
  const channel = `chat:${bits}-${bytes}`;
  const room = tide.channel<{ number: number }>(channel);
  const seen = record(room);
  await until(() => tide.state === "online" && room.position !== undefined, clock);
  phone.hide();
  clock.advance(5_000);
  const text = "x".repeat(bytes);
  await publishAll(
    gateway,
    channel,
    numbers(1, messages).map((number) => ({ number, text })),
  );
  const before = link.carried;
  phone.show();
  await until(() => seen.length >= messages, clock, step);
  await publishAll(gateway, channel, [{ number: messages + 1 }]);
  await until(() => seen.length > messages, clock, step);
  return {
    seen: seen.map((data) => (data === "reset" ? data : data.number)),
    carried: link.carried - before,
  };
}

it("with 256 KiB missed at 64 kbit/s is sent no byte twice", async () => {
  const { seen, carried } = await comeBack({ bits: 64_000, messages: 200, bytes: 1_250, step: 25 });
  expect(seen).toEqual(numbers(1, 201));
  expect(carried).toBeLessThan(1.2 * 256 * kibi);
});

it("on the slowest of links gets on, however long it takes", async () => {
  const { seen } = await comeBack({ bits: 12_000, messages: 30, bytes: 1_200 });
  expect(seen).toEqual(numbers(1, 31));
});

it("with messages that alone take longer than any answer is waited for gets on too", async () => {
  const { seen } = await comeBack({ bits: 24_000, messages: 2, bytes: 48 * kibi });
  expect(seen).toEqual(numbers(1, 3));
});
