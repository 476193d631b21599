import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { RedisServer } from "../../support/redis-server.ts";
import { type AdapterNode, startAdapterNode } from "./adapter-node.ts";
import { RedisCluster } from "./redis-cluster.ts";

const patience = { timeout: 15_000, interval: 20 };

interface Place {
  url: string;
  servers: readonly RedisServer[];
  stop(): Promise<void>;
}

const places: Record<string, () => Promise<Place>> = {
  "one Redis": async () => {
    const server = await RedisServer.start();
    return { url: server.url, servers: [server], stop: () => server.stop() };
  },
  "a Redis Cluster": () => RedisCluster.start(),
};

describe.each(Object.entries(places))("Socket.IO's operations while %s is away", (_name, start) => {
  let place: Place;
  let here: AdapterNode;
  let there: AdapterNode;
  let faults: unknown[];
  const record = (fault: unknown): void => void faults.push(fault);

  beforeAll(() => {
    process.on("unhandledRejection", record);
    process.on("uncaughtException", record);
  });

  beforeEach(async () => {
    faults = [];
    place = await start();
    here = await startAdapterNode(place, "here");
    there = await startAdapterNode(place, "there");
    await vi.waitFor(async () => expect(await here.io.fetchSockets()).toHaveLength(2), patience);
  }, 60_000);

  afterEach(async () => {
    await Promise.all([here, there].map((node) => node.stop()));
    await place.stop();
    expect(faults).toEqual([]);
  });

  afterAll(() => {
    process.off("unhandledRejection", record);
    process.off("uncaughtException", record);
  });

  /** Everything there is; nothing of it may throw, or reject where nobody listens. */
  async function useAll({ io, socket, client }: AdapterNode): Promise<void> {
    client.on("ask", (answer: (value: unknown) => void) => answer(1));
    socket.join("room");
    io.to("room").emit("to the room");
    io.to(socket.id).emit("to the socket");
    io.emit("to all");
    io.socketsJoin("another");
    io.in("another").socketsLeave("another");
    io.serverSideEmit("hello");
    const asked = io.timeout(500).emitWithAck("ask");
    const fetched = io.timeout(500).fetchSockets();
    const answers = await Promise.allSettled([asked, fetched]);
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await io.local.fetchSockets()).toHaveLength(1);
  }

  it("act on the node's own sockets, end what they cannot do, and work again once it is back", async () => {
    await Promise.all(place.servers.map((server) => server.kill()));
    await useAll(here);
    await vi.waitFor(() => {
      const events = here.received.map(([event]) => event);
      expect(events).toEqual(["to the room", "to the socket", "to all", "ask"]);
    }, patience);
    expect([...here.socket.rooms]).toEqual([here.socket.id, "room"]);
    await Promise.all(place.servers.map((server) => server.start()));
    await vi.waitFor(async () => expect(await here.io.timeout(500).fetchSockets()).toHaveLength(2), patience);
    here.io.emit("back");
    await vi.waitFor(() => expect(there.received.at(-1)).toEqual(["back"]), patience);
    expect(there.received.map(([event]) => event)).not.toContain("to all");
  }, 60_000);

  it("disconnect the node's own sockets although it is frozen, and fetch in bounded time", async () => {
    for (const server of place.servers) server.freeze();
    await useAll(here);
    const reason = new Promise((resolve) => here.client.once("disconnect", resolve));
    here.io.disconnectSockets();
    expect(await reason).toBe("io server disconnect");
    for (const server of place.servers) server.thaw();
  }, 60_000);
});
