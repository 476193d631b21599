import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { listen, portOf } from "../../../src/transport/http.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { type AdapterNode, ignoring, startAdapterNode } from "./adapter-node.ts";
import { RedisCluster } from "./redis-cluster.ts";

const patience = { timeout: 10_000, interval: 10 };

const places = {
  "one Redis": () => RedisServer.start(),
  "a Redis Cluster": () => RedisCluster.start(),
};

describe.each(Object.entries(places))("Socket.IO's operations between nodes on %s", (_name, start) => {
  let place: { url: string; stop(): Promise<void> };
  let nodes: [AdapterNode, AdapterNode, AdapterNode];

  beforeAll(async () => {
    place = await start();
  }, 60_000);

  afterAll(() => place.stop());

  beforeEach(async () => {
    nodes = [
      await startAdapterNode(place, "node-a"),
      await startAdapterNode(place, "node-b"),
      await startAdapterNode(place, "node-c"),
    ];
    const [{ io }] = nodes;
    await vi.waitFor(async () => expect(await io.of("/").adapter.serverCount()).toBe(3), patience);
    await vi.waitFor(async () => expect(await io.fetchSockets()).toHaveLength(3), patience);
  });

  afterEach(async () => {
    expect(nodes.map(({ malformed }) => malformed())).toEqual([0, 0, 0]);
    await Promise.all(nodes.map((node) => node.stop()));
  });

  /** The events that the clients have when all that was sent before has arrived. */
  async function events(): Promise<unknown[][]> {
    nodes[0].io.emit("end");
    await vi.waitFor(() => {
      for (const { received } of nodes) expect(received.at(-1)?.[0]).toBe("end");
    }, patience);
    return nodes.map(({ received }) =>
      received.splice(0).flatMap(([event]) => (event === "end" ? [] : event)),
    );
  }

  /** Joins, and waits until the rooms are heard: an emit to one is not to pass its subscription. */
  async function join(node: AdapterNode, ...rooms: string[]): Promise<void> {
    node.socket.join(rooms);
    for (const room of rooms) await node.backplane.broker.subscribe(room, undefined, ignoring);
  }

  it("broadcast to all, to rooms, to a socket, with exceptions, and here alone", async () => {
    const [a, b, c] = nodes;
    await join(b, "room1");
    await join(c, "room1", "room2");
    a.io.emit("all", 1, "2", Buffer.from([3, 4]));
    a.io.local.emit("here");
    expect(await events()).toEqual([["all", "here"], ["all"], ["all"]]);
    a.io.except("room1").emit("but room1");
    a.io.to("room1").to("room2").except("room2").emit("room1 without room2");
    expect(await events()).toEqual([["but room1"], ["room1 without room2"], []]);
    a.io.to("room1").emit("to room1", { bytes: Buffer.from([5]) });
    await vi.waitFor(() => expect(c.received).toEqual([["to room1", { bytes: Buffer.from([5]) }]]), patience);
    a.io.to(b.socket.id).emit("to b");
    await vi.waitFor(
      () => expect(b.received.map(([event]) => event)).toEqual(["to room1", "to b"]),
      patience,
    );
    expect(a.received).toEqual([]);
  });

  it("collect acknowledgements of all clients", async () => {
    const [a, b, c] = nodes;
    for (const [index, { client }] of nodes.entries()) {
      client.on("ask", (answer: (value: unknown) => void) => answer(Buffer.from([index])));
    }
    const answers = await a.io.timeout(5_000).emitWithAck("ask");
    expect(answers.map((answer: Buffer) => answer[0]).sort()).toEqual([0, 1, 2]);
    expect(await a.io.to("nobody").timeout(5_000).emitWithAck("ask")).toEqual([]);
    expect(await b.io.to(c.socket.id).timeout(5_000).emitWithAck("ask")).toEqual([Buffer.from([2])]);
    c.client.off("ask");
    await expect(a.io.timeout(300).emitWithAck("ask")).rejects.toThrow("operation has timed out");
  });

  it("have sockets join and leave rooms, and tell where they are", async () => {
    const [a, b, c] = nodes;
    a.io.socketsJoin("room1");
    a.io.in(c.socket.id).socketsJoin(["room2", "room3"]);
    await vi.waitFor(
      () => expect([...c.socket.rooms]).toEqual([c.socket.id, "room1", "room2", "room3"]),
      patience,
    );
    expect([...b.socket.rooms]).toEqual([b.socket.id, "room1"]);
    a.io.in("room2").socketsLeave("room1");
    await vi.waitFor(() => expect([...c.socket.rooms]).toEqual([c.socket.id, "room2", "room3"]), patience);
    c.socket.data = { name: "c" };
    const [remote, ...others] = await a.io.in("room3").fetchSockets();
    expect(others).toEqual([]);
    expect(remote).toMatchObject({ id: c.socket.id, data: { name: "c" }, rooms: c.socket.rooms });
    expect(await a.io.local.fetchSockets()).toHaveLength(1);
    const rooms = await (a.io.of("/").adapter as unknown as { allRooms(): Promise<Set<string>> }).allRooms();
    expect([...rooms].sort()).toEqual(
      [...nodes.map(({ socket }) => socket.id), "room1", "room2", "room3"].sort(),
    );
  });

  it("disconnect sockets after what they were sent", async () => {
    const [a, , c] = nodes;
    const reasons = nodes.map(({ client }) => new Promise((resolve) => client.once("disconnect", resolve)));
    a.io.emit("bye");
    a.io.except(c.socket.id).disconnectSockets();
    expect(await Promise.all(reasons.slice(0, 2))).toEqual(["io server disconnect", "io server disconnect"]);
    expect(nodes.map(({ received }) => received)).toEqual([[["bye"]], [["bye"]], [["bye"]]]);
    expect(c.client.connected).toBe(true);
  });

  it("bring events to the other servers, and their answers", async () => {
    const [a, b, c] = nodes;
    const heard: unknown[] = [];
    a.io.on("hello", () => heard.push("itself"));
    b.io.on("hello", (...args: unknown[]) => heard.push(args));
    a.io.serverSideEmit("hello", "world", 1, { two: Buffer.from([2]).toString("hex") });
    await vi.waitFor(() => expect(heard).toEqual([["world", 1, { two: "02" }]]), patience);
    b.io.on("ask", (answer: (value: unknown) => void) => answer(2));
    c.io.on("ask", (answer: (value: unknown) => void) => answer("3"));
    expect((await a.io.serverSideEmitWithAck("ask")).sort()).toEqual([2, "3"]);
  });

  it("keep the order in which a node emits, for each room and against what goes to the socket alone", async () => {
    const [a, b] = nodes;
    await Promise.all([join(a, "room1"), join(b, "room1")]);
    const sent = Array.from({ length: 300 }, (_, index) => `${index}`);
    for (const event of sent) a.io.to("room1").emit(event);
    a.socket.emit("after");
    a.socket.leave("room1");
    a.io.to("room1").emit("too late for a");
    await vi.waitFor(() => expect(b.received.at(-1)).toEqual(["too late for a"]), patience);
    expect(b.received.flat()).toEqual([...sent, "too late for a"]);
    await vi.waitFor(() => expect(a.received.flat()).toEqual([...sent, "after"]), patience);
  });
});

describe("beside a stock Socket.IO server on the same Redis", () => {
  it("both reach the sockets of both", async () => {
    const redis = await RedisServer.start();
    const [publisher, subscriber] = [new Redis(redis.port), new Redis(redis.port)];
    const http = createServer();
    const stock = new Server(http, { adapter: createAdapter(publisher, subscriber) });
    await listen(http, 0, "127.0.0.1");
    const client = connect(`http://127.0.0.1:${portOf(http)}`, { transports: ["websocket"] });
    const received: string[] = [];
    client.onAny((event: string) => received.push(event));
    const node = await startAdapterNode(redis, "node-a");
    await vi.waitFor(async () => expect(await node.io.fetchSockets()).toHaveLength(2), patience);
    expect(await stock.fetchSockets()).toHaveLength(2);
    for (const one of [client, node.client]) one.on("ask", (answer: (value: unknown) => void) => answer(1));
    expect(await stock.timeout(5_000).emitWithAck("ask")).toEqual([1, 1]);
    expect(await node.io.timeout(5_000).emitWithAck("ask")).toEqual([1, 1]);
    stock.on("side", (answer: (value: unknown) => void) => answer("stock"));
    node.io.on("side", (answer: (value: unknown) => void) => answer("node"));
    expect(await stock.serverSideEmitWithAck("side")).toEqual(["node"]);
    expect(await node.io.serverSideEmitWithAck("side")).toEqual(["stock"]);
    stock.to(node.socket.id).emit("to the node's");
    node.io.emit("to both");
    await vi.waitFor(() => expect(received).toEqual(["ask", "ask", "to both"]), patience);
    await vi.waitFor(() => expect(node.received.flat()).toContain("to the node's"), patience);
    expect(node.malformed()).toBe(0);
    client.disconnect();
    await Promise.all([node.stop(), stock.close()]);
    publisher.disconnect();
    subscriber.disconnect();
    await redis.stop();
  });
});
