import { describe, expect, it } from "vitest";
import { useArena } from "./arena.ts";
import type { RawSession } from "./session.ts";

const channel = "big";
const messages = 200;
const text = "x".repeat(1_200);
const requests = 190;
const connections = 10;
/** Bytes of a connection that wait once it is held up: above a mark, and one reply that began below it. */
const least = 256 * 1_024;
const most = 2 * least + 64 * 1_024;

const rules = `
channels:
  - match: "*"
    subscribe: anyone
    publish: anyone
    history: {size: 1000, ttl: 10m, read: anyone}
`;

const forms: [string, string][] = [
  ["subscribe", `["subscribe",{"channel":"${channel}","since":"start"}]`],
  ["history", `["history",{"channel":"${channel}","limit":1000}]`],
];

describe("a client that asks for much and reads nothing", { timeout: 60_000 }, () => {
  // Prices would refuse most of what is asked for, and are tested by themselves.
  const arena = useArena({
    rules,
    env: { TIDEGATE_REQUEST_RATE: "1000000", TIDEGATE_REQUEST_BURST: "1000000" },
  });

  const queued = () => arena.gateway.metric("tidegate_queued_bytes");
  const disconnected = () => arena.gateway.metric("tidegate_requests_total", 'code="disconnected"');
  const fill = async () => {
    const operations = Array.from({ length: messages }, () => ({ publish: { channel, data: text } }));
    expect((await arena.gateway.call("POST", "/v1/batch", { operations })).status).toBe(200);
  };
  const attack = async (form: string): Promise<RawSession> => {
    const session = await arena.session();
    session.socket.tcp.pause();
    session.socket.send(...Array.from({ length: requests }, (_, id) => `42${id}${form}`));
    return session;
  };

  it.each(forms)(
    "with %s holds no more than its bound, and then has every answer in order",
    async (_name, form) => {
      await fill();
      const attackers = await Promise.all(Array.from({ length: connections }, () => attack(form)));
      await expect.poll(queued, { timeout: 15_000 }).toBeGreaterThan(connections * least);
      for (let look = 0; look < 5; look += 1) {
        expect(await queued()).toBeLessThan(connections * most);
        const { status } = await arena.gateway.call("POST", "/v1/publish", { channel: "other", data: look });
        expect(status).toBe(200);
      }
      expect(await arena.gateway.metric("tidegate_slow_consumers_total")).toBe(0);
      const [reader, ...others] = attackers.map(({ socket }) => socket);
      if (!reader) throw new Error("nobody attacks");
      for (const other of others) other.destroy();
      await expect.poll(disconnected, { timeout: 15_000 }).toBeGreaterThanOrEqual(others.length);
      reader.tcp.resume();
      const answers = () => reader.texts.filter((received) => received.startsWith("43"));
      await expect.poll(() => answers().length, { timeout: 30_000 }).toBe(requests);
      const ids = answers().map((answer) => Number(/^43(\d+)\[\{"ok":true/.exec(answer)?.[1]));
      expect(ids).toEqual(Array.from({ length: requests }, (_, id) => id));
    },
  );
});
