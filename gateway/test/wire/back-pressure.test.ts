import { afterEach, describe, expect, it } from "vitest";
import { type Gateway, type GatewayOptions, startGateway } from "../support/gateway.ts";
import { frame, RawSocket } from "../support/raw-socket.ts";
import { PlainClient } from "./plain/client.ts";

const mebibyte = 1024 * 1024;
const channel = "big";
const bulk = "x".repeat(60_000);

const rules = `
channels:
  - {match: "**", subscribe: anyone, publish: anyone, history: {size: 100, ttl: 10m, read: anyone}}
`;

/** What each door is spoken to in. */
interface Door {
  path: string;
  /** Is sent first, and what the gateway says then. */
  connect: string;
  connected: string;
  subscribe: string;
  /** What the gateway says once the client is in the channel. */
  joined: string;
  /** Asks for an answer of 60 KB, or publishes as much where nothing can be asked. */
  ask: string;
  /** A sign of life that asks for nothing. */
  alive: string;
}

const doors: Door[] = [
  {
    path: "/socket.io/?EIO=4&transport=websocket",
    connect: "40{}",
    connected: '42["welcome"',
    subscribe: `420["subscribe",{"channel":"${channel}"}]`,
    joined: "430",
    ask: `421["history",{"channel":"${channel}","limit":1,"reverse":true}]`,
    alive: "3",
  },
  {
    path: "/json",
    connect: '["connect",{}]',
    connected: '["welcome"',
    subscribe: `["subscribe",{"channel":"${channel}"},0]`,
    joined: "[0,",
    ask: `["history",{"channel":"${channel}","limit":1,"reverse":true},1]`,
    alive: '["ping",{}]',
  },
  {
    path: `/ws/${channel}`,
    connect: "first",
    connected: "first",
    subscribe: "here",
    joined: "here",
    // Those that are under way when the reading stops come back to it, in all less than a slow reader is dropped for.
    ask: "x".repeat(1_000),
    alive: "here",
  },
];

let gateway: Gateway;
const sockets: RawSocket[] = [];

async function start(options: GatewayOptions = {}): Promise<void> {
  const env = {
    TIDEGATE_ANONYMOUS: "true",
    TIDEGATE_REQUEST_RATE: "100000",
    TIDEGATE_REQUEST_BURST: "100000",
  };
  gateway = await startGateway({ rules, ...options, env: { ...env, ...options.env } });
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await gateway.stop();
});

async function enter({ path, connect, connected, subscribe, joined }: Door): Promise<RawSocket> {
  const socket = await RawSocket.open(gateway.port, { path });
  sockets.push(socket);
  socket.send(connect);
  await socket.next(connected);
  socket.send(subscribe);
  await socket.next(joined);
  return socket;
}

async function publish(count: number, to = channel): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) {
    expect((await gateway.call("POST", "/v1/publish", { channel: to, data: bulk })).status).toBe(200);
  }
}

const received = () => gateway.metric("tidegate_received_bytes_total");
const slow = () => gateway.metric("tidegate_connections_closed_total", 'reason="slow_consumer"');

/** Sends again and again, until what is sent stays in the client's own system, or it is cut. */
async function floods(socket: RawSocket, text: string): Promise<void> {
  const chunk = Buffer.concat(Array<Buffer>(Math.ceil(mebibyte / text.length)).fill(frame(text)));
  let before = -1;
  while (!socket.tcp.destroyed) {
    socket.write(chunk);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const unsent = socket.tcp.writableLength;
    if (unsent > 4 * mebibyte && (await received()) === before) return;
    before = await received();
  }
}

const heartbeat = { TIDEGATE_PING_INTERVAL: "500ms", TIDEGATE_PING_TIMEOUT: "60s" };

describe.each(doors)("at $path", { timeout: 60_000 }, (door) => {
  it("a client that takes no answers is not read on, and is read again once it takes them", async () => {
    await start();
    const socket = await enter(door);
    await publish(1);
    socket.tcp.pause();
    await floods(socket, door.ask);
    const before = await received();
    await publish(1, "another");
    expect(await received()).toBe(before);
    socket.tcp.resume();
    await expect.poll(received, { timeout: 20_000 }).toBeGreaterThan(before + mebibyte);
  });

  it("a client that takes no answers is closed by the heartbeats, although it says that it lives", async () => {
    await start({ env: heartbeat });
    const socket = await enter(door);
    await publish(1);
    socket.tcp.pause();
    await floods(socket, door.ask);
    await expect.poll(slow, { timeout: 20_000 }).toBe(1);
  });

  it("one whose system takes all, and who reads nothing of it, is closed too", async () => {
    await start({ env: heartbeat });
    const socket = await enter(door);
    socket.tcp.pause();
    await publish(4);
    expect(await gateway.metric("tidegate_queued_bytes")).toBe(0);
    const life = setInterval(() => socket.send(door.alive), 100);
    await expect.poll(slow, { timeout: 20_000 }).toBe(1);
    clearInterval(life);
  });

  it("one that reads stays", async () => {
    await start({ env: heartbeat });
    const client = await new PlainClient(`${gateway.url}${door.path}`).opened();
    let pings = 0;
    client.socket.on("ping", (data: Buffer) => {
      if (data.length > 0) pings += 1;
    });
    const says = (start: string) => client.frames.some((each) => String(each).startsWith(start));
    client.send(door.connect);
    await expect.poll(() => says(door.connected)).toBe(true);
    client.send(door.subscribe);
    await expect.poll(() => says(door.joined)).toBe(true);
    while (pings < 5) await publish(2);
    expect(await gateway.metric("tidegate_connections")).toBe(1);
    client.close();
  });
});

describe("behind a goodbye for what it did", { timeout: 60_000 }, () => {
  const nonsense = [
    { ...doors[0], bad: `42["${"[".repeat(200)}` },
    { ...doors[1], bad: "nonsense" },
  ] as (Door & { bad: string })[];

  it.each(nonsense)("nothing more is read at $path, and a flood is cut", async (door) => {
    await start();
    const socket = await enter(door);
    socket.send(door.bad, door.bad, door.bad);
    await expect.poll(() => gateway.metric("tidegate_connections")).toBe(0);
    const before = await received();
    const chunk = Buffer.concat(Array<Buffer>(10_000).fill(frame(door.alive)));
    while (!socket.tcp.destroyed) {
      socket.tcp.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await received()).toBe(before);
  });
});
