import type { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { abnormal, exchange, frame, upgradeRequest } from "../../support/raw-socket.ts";
import { useArena } from "./arena.ts";

const mebibyte = 1024 * 1024;
const badConnect = frame('40{"token":"bad"}');

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Bytes that are still in use. */
function memoryInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe("a flood of CONNECTs", () => {
  const arena = useArena();
  const refusals = () => arena.gateway.metric("tidegate_refusals_total");

  it("with bad tokens is checked once, answered at most once, and closed", async () => {
    const before = await refusals();
    const socket = await arena.socket();
    socket.write(...Array<Buffer>(20_000).fill(badConnect));
    await socket.closed;
    expect(socket.texts.filter((text) => text.startsWith("44")).length).toBeLessThanOrEqual(1);
    await expect.poll(refusals).toBe(before + 1);
  });

  it("behind the first refusal is not even read", async () => {
    const before = await refusals();
    const socket = await arena.socket();
    socket.write(badConnect);
    await socket.next("44");
    socket.write(...Array<Buffer>(20_000).fill(badConnect));
    await socket.closed;
    expect(socket.texts.filter((text) => text.startsWith("44"))).toHaveLength(1);
    expect(await refusals()).toBe(before + 1);
  });

  it("to 20,000 namespaces is answered and closed at the first", async () => {
    const before = await refusals();
    const socket = await arena.socket();
    socket.send(...Array.from({ length: 20_000 }, (_, index) => `40/${index},`));
    await socket.closed;
    expect(socket.texts.filter((text) => text.startsWith("4"))).toEqual([
      expect.stringContaining('44/0,{"message":"Invalid namespace",'),
      "41/0,",
    ]);
    expect(await refusals()).toBe(before + 1);
  });

  it("with a good token behind bad ones opens no session", async () => {
    const opened = await arena.gateway.metric("tidegate_connections_opened_total");
    const socket = await arena.socket();
    socket.write(badConnect, frame(`40{"token":"${await arena.gateway.token("mallory")}"}`));
    await socket.closed;
    expect(socket.texts.filter((text) => text.startsWith("40"))).toEqual([]);
    expect(await arena.gateway.metric("tidegate_connections_opened_total")).toBe(opened);
  });
});

describe("a socket that reads nothing", { timeout: 60_000 }, () => {
  // It is not read on while it takes nothing, and found out by the heartbeats.
  const arena = useArena({
    env: {
      TIDEGATE_REQUEST_RATE: "1000000",
      TIDEGATE_REQUEST_BURST: "1000000",
      TIDEGATE_PING_INTERVAL: "1s",
      TIDEGATE_PING_TIMEOUT: "1m",
    },
  });

  it.each([
    ["pings", frame(Buffer.alloc(125), { opcode: 9 })],
    ["empty pings", frame("", { opcode: 9 })],
    ["requests with long answers", frame(`420["subscribe",{"channel":"${" ".repeat(1_000)}"}]`)],
    ["requests without an acknowledgement", frame(`42["${"x".repeat(128)}",{}]`)],
  ])("and sends %s is dropped before it costs much", async (_name, bytes) => {
    const { tcp, closed } = (await arena.session()).socket;
    tcp.pause();
    const before = memoryInUse();
    const chunk = Buffer.concat(Array<Buffer>(2_000).fill(bytes));
    for (let sent = 0; sent < 400 && !tcp.destroyed; sent += 1) {
      await pour(tcp, chunk);
      expect(await arena.gateway.metric("tidegate_queued_bytes")).toBeLessThan(8 * mebibyte);
    }
    expect(await closed).toBe(abnormal);
    await expect.poll(() => arena.gateway.metric("tidegate_connections")).toBe(1);
    expect(memoryInUse() - before).toBeLessThan(32 * mebibyte);
  });
});

/** Writes, and waits until the peer has taken it or is gone. */
function pour(tcp: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    tcp.once("close", resolve);
    tcp.write(bytes, () => {
      tcp.removeListener("close", resolve);
      resolve();
    });
  });
}

describe("a flood of requests", () => {
  const arena = useArena({ env: { TIDEGATE_REQUEST_RATE: "1", TIDEGATE_REQUEST_BURST: "10" } });

  it("above the rate is rate_limited, then the end, with a goodbye", async () => {
    const session = await arena.session();
    const { socket } = session;
    const allowed = Array.from({ length: 10 }, () => session.request("away", {}));
    expect((await Promise.all(allowed)).every(({ ok }) => ok)).toBe(true);
    socket.send(...Array.from({ length: 1_000 }, (_, id) => `429${id}["away",{}]`));
    expect(await socket.closed).toBe(abnormal);
    const refused = socket.texts.filter((text) => text.includes('"code":"rate_limited","message"'));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(50);
    expect(refused.every((text) => /"retryable":true,"after":\d+/.test(text))).toBe(true);
    expect(session.events("goodbye")).toEqual([
      { code: "rate_limited", reconnect: true, after: expect.any(Number) },
    ]);
    expect(socket.texts).not.toContain("41");
  });

  it("of unknown events counts as well", async () => {
    const session = await arena.session();
    session.socket.send(...Array<string>(1_000).fill('42["nothing",{}]'));
    expect(await session.socket.closed).toBe(abnormal);
    expect(session.events("goodbye")).toHaveLength(1);
    expect(session.events("failed").length).toBeLessThan(50);
  });
});

describe("a flood of requests that wait for each other", () => {
  const arena = useArena({ env: { TIDEGATE_REQUEST_RATE: "1000000", TIDEGATE_REQUEST_BURST: "1000000" } });

  it("has an answer to each, and the witness waits for none", async () => {
    const session = await arena.session();
    const count = 2_000;
    const items = Array.from(
      { length: count },
      (_, id) => `42${id}["subscribe",{"channel":"flood:${id % 20}"}]`,
    );
    session.socket.send(...items);
    await expect
      .poll(() => session.socket.texts.filter((text) => text.startsWith("43")).length, { timeout: 15_000 })
      .toBe(count);
    const replies = session.socket.texts.filter((text) => text.startsWith("43"));
    expect(replies.every((text) => /\{"ok":true,|"code":"rate_limited"/.test(text))).toBe(true);
  });
});

describe("a flood of handshakes", () => {
  const arena = useArena({ env: { TIDEGATE_HANDSHAKE_RATE: "1" } });

  it("above the rate is 503 with Retry-After, and the rate goes on", async () => {
    const { port } = arena.gateway;
    const before = await arena.gateway.metric("tidegate_refusals_total", 'code="rate_limited"');
    // Those that are let in close themselves: what follows the upgrade is no frame of a client.
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => exchange(port, `${upgradeRequest()}garbage`)),
    );
    const refused = answers.filter((answer) => !answer.startsWith("HTTP/1.1 101 "));
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer).toMatch(/^HTTP\/1\.1 503 /);
      expect(answer).toMatch(/\r\nRetry-After: [1-5]\r\n/);
      expect(answer).toContain('"code":"rate_limited"');
    }
    const counted = await arena.gateway.metric("tidegate_refusals_total", 'code="rate_limited"');
    expect(counted - before).toBe(refused.length);
    const retry = async () => (await exchange(port, `${upgradeRequest()}garbage`)).slice(0, 12);
    await expect.poll(retry, { timeout: 15_000, interval: 300 }).toBe("HTTP/1.1 101");
  });
});
