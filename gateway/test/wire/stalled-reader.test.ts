import { afterAll, beforeAll, expect, it } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { Member } from "./member.ts";

const size = 1_000;
const limit = 1_048_576;
const bulk = "x".repeat(60_000);
/** The kernel takes some megabytes of what nobody reads before anything waits in the gateway. */
const mostBulk = 1_000;
const total = 100;

const rules = `
channels:
  - match: "*"
    subscribe: user
    publish: nobody
    history: {size: 1000, ttl: 10m}
`;

let gateway: Gateway;
let token: string;
let readers: Member[];
let stalled: Member;

beforeAll(async () => {
  gateway = await startGateway({ rules, env: { TIDEGATE_SEND_QUEUE_LIMIT: String(limit) } });
  token = await gateway.token("ann");
  // Each a user of its own: one user may not have so much done at once.
  const tokens = await Promise.all(
    Array.from({ length: size - 1 }, (_, index) => gateway.token(`user-${index}`)),
  );
  readers = tokens.map((own) => new Member(gateway.url, own, total));
  stalled = new Member(gateway.url, token, total);
  const all = [...readers, stalled];
  await Promise.all(all.map((member) => member.welcomed));
  await Promise.all(all.map((member) => member.ask("subscribe", { channel: "crowd" })));
  await stalled.ask("subscribe", { channel: "bulk" });
}, 60_000);

afterAll(async () => {
  for (const member of [...readers, stalled]) member.close();
  await gateway.stop();
});

async function publish(channel: string, data: string): Promise<string> {
  const { status, body } = await gateway.call("POST", "/v1/publish", { channel, data });
  expect(status).toBe(200);
  const [result] = body.results as [{ position: string }];
  return result.position;
}

it("is closed alone, having made nobody wait, and continues where it stood", async () => {
  const expected = Array.from({ length: total }, (_, index) => `message ${index + 1}`);
  const [first = "", ...rest] = expected;
  const since = await publish("crowd", first);
  stalled.stall();
  let queued = 0;
  for (let number = 0; number < mostBulk; number += 1) {
    if ((await gateway.metric("tidegate_slow_consumers_total")) > 0) break;
    await publish("bulk", bulk);
    const next = rest.length > total / 2 ? rest.shift() : undefined;
    if (next) await publish("crowd", next);
    queued = Math.max(queued, await gateway.metric("tidegate_queued_bytes"));
  }
  expect(await gateway.metric("tidegate_slow_consumers_total")).toBe(1);
  expect(await gateway.metric("tidegate_connections_closed_total", 'reason="slow_consumer"')).toBe(1);
  // The last write may begin just below the limit; readers that are on their way add next to nothing.
  expect(queued).toBeLessThan(limit + 4 * bulk.length);
  expect(queued).toBeGreaterThan(limit / 2);
  await expect.poll(() => gateway.metric("tidegate_queued_bytes")).toBeLessThan(bulk.length);

  for (const message of rest) await publish("crowd", message);
  await Promise.all(readers.map((reader) => reader.complete));
  for (const { seen } of readers) expect(seen.map(({ data }) => data)).toEqual(expected);

  const back = new Member(gateway.url, token, total);
  await back.welcomed;
  const reply = (await back.ask("subscribe", { channel: "crowd", since })) as Record<string, unknown>;
  back.close();
  const messages = reply.messages as { data: string }[];
  expect(reply).toMatchObject({ ok: true, recovered: true });
  expect(messages.map(({ data }) => data)).toEqual(expected.slice(1));
}, 60_000);
