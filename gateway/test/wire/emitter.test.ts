import { Redis } from "ioredis";
import { describe, expect, it, vi } from "vitest";
import { Sentinels } from "../backplane/redis/sentinel.ts";
import { RedisServer } from "../support/redis-server.ts";
import { type Client, type Store, useStage } from "./stage.ts";

const patience = { timeout: 10_000, interval: 10 };

const stores: Record<string, () => Promise<Store>> = {
  "one Redis": async () => {
    const server = await RedisServer.start();
    const client = new Redis(server.port, "127.0.0.1");
    return { url: server.url, client, stop: () => end(client, server) };
  },
  Sentinel: async () => {
    const sentinels = await Sentinels.start();
    const client = new Redis(sentinels.servers[0].port, "127.0.0.1");
    return { url: sentinels.url, client, stop: () => end(client, sentinels) };
  },
};

function end(client: Redis, server: { stop(): Promise<void> }): Promise<void> {
  client.disconnect();
  return server.stop();
}

/** The data of the `message` events on a channel, in order. */
function data(client: Client, channel: string): unknown[] {
  return client.messages(channel).map((message) => message.data);
}

describe.each(Object.entries(stores))("an emitter on %s", (_name, startStore) => {
  const stage = useStage(startStore);

  it("reaches the subscribers of a channel on every node, with any event and binary data", async () => {
    const ann = await stage.open(0, "ann", "chat:1");
    const bob = await stage.open(1, "bob", "chat:1");
    const eve = await stage.open(1, "eve", "chat:2");
    const payload = { bytes: Buffer.from([1, 2, 3]), nested: [{ more: Buffer.from([4]) }] };
    stage.emitter.to("chat:1").emit("message", { channel: "chat:1", data: "hello" });
    stage.emitter.to("chat:1").emit("a name of its own", payload);
    expect(await stage.heard(ann, bob, eve)).toEqual([
      ["message", "a name of its own"],
      ["message", "a name of its own"],
      [],
    ]);
    for (const client of [ann, bob]) {
      expect(client.of("message")).toEqual([{ channel: "chat:1", data: "hello" }]);
      expect(client.of("a name of its own")).toEqual([payload]);
    }
  });

  it("sends once to several rooms, not to those it excepts, and to everybody", async () => {
    const ann = await stage.open(0, "ann", "chat:1", "chat:2");
    const bob = await stage.open(1, "bob", "chat:2", "chat:3");
    const eve = await stage.open(1, "eve");
    const { emitter } = stage;
    emitter.to(["chat:1", "chat:2"]).emit("several");
    emitter.to("chat:1").to("chat:2").except("chat:3").emit("but three");
    emitter.to("chat:2").except(ann.welcome.connection).emit("but ann");
    emitter.except("chat:2").emit("nobody of two");
    emitter.volatile.emit("everybody");
    expect(await stage.heard(ann, bob, eve)).toEqual([
      ["several", "but three", "everybody"],
      ["several", "but ann", "everybody"],
      ["nobody of two", "everybody"],
    ]);
  });

  it("reaches one socket by its id and a user by the room of the user's channel", async () => {
    const ann = await stage.open(0, "ann");
    const bob = await stage.open(1, "bob");
    stage.emitter.to(ann.welcome.connection).emit("to ann's socket");
    stage.emitter.to(bob.welcome.connection).emit("to bob's socket");
    stage.emitter.to("user:bob").emit("to bob");
    expect(await stage.heard(ann, bob)).toEqual([["to ann's socket"], ["to bob's socket", "to bob"]]);
  });

  it("keeps the order with publications of the room, and stores nothing", async () => {
    const ann = await stage.open(0, "ann", "chat:order");
    const bob = await stage.open(1, "bob", "chat:order");
    const sent = Array.from({ length: 40 }, (_, index) => index);
    for (const index of sent) {
      if (index % 2 === 0) await stage.publish("chat:order", index);
      else stage.emitter.to("chat:order").emit("message", { channel: "chat:order", data: index });
      await stage.redis.ping();
    }
    await stage.heard(ann, bob);
    expect(data(ann, "chat:order")).toEqual(sent);
    expect(data(bob, "chat:order")).toEqual(sent);
    const [first, second] = ann.messages("chat:order");
    expect(first?.position).toMatch(/:1$/);
    expect(second).toEqual({ channel: "chat:order", data: 1 });
    const { messages } = await ann.request<{ messages: unknown[] }>("history", { channel: "chat:order" });
    expect(messages).toHaveLength(20);
  });

  it("has a socket join a room, that then hears what is sent there and what is published", async () => {
    const ann = await stage.open(0, "ann");
    const bob = await stage.open(1, "bob");
    stage.emitter.in("user:bob").socketsJoin(["chat:joined", "a room, no channel"]);
    await untilHeard("chat:joined", "a room, no channel");
    stage.emitter.to("chat:joined").emit("emitted");
    stage.emitter.to("a room, no channel").emit("to the room");
    await stage.publish("chat:joined", "published");
    expect(await stage.heard(ann, bob)).toEqual([[], ["emitted", "to the room", "message"]]);
    stage.emitter.in("a room, no channel").socketsLeave("chat:joined");
    stage.emitter.to("chat:joined").emit("emitted");
    expect((await stage.heard(bob))[0]).toHaveLength(3);
    await vi.waitFor(async () => expect(await subscribers("chat:joined")).toBe(0), patience);
  });

  it("has a socket join the room that another one of its node has of its own", async () => {
    const ann = await stage.open(0, "ann");
    const bob = await stage.open(0, "bob");
    const { connection } = bob.welcome;
    stage.emitter.in("user:ann").socketsJoin(connection);
    stage.emitter.to(connection).emit("to both");
    expect(await stage.heard(ann, bob)).toEqual([["to both"], ["to both"]]);
    const before = await stage.node(0).metric("tidegate_connections");
    bob.socket.disconnect();
    const left = async () => before - (await stage.node(0).metric("tidegate_connections"));
    await vi.waitFor(async () => expect(await left()).toBe(1), patience);
    await untilHeard(connection);
    stage.emitter.to(connection).emit("to who is left");
    expect(await stage.heard(ann)).toEqual([["to both", "to who is left"]]);
    stage.emitter.in("user:ann").socketsLeave(connection);
    await vi.waitFor(async () => expect(await subscribers(connection)).toBe(0), patience);
  });

  it("leaves a joined socket to subscribe by itself, without a message twice", async () => {
    const ann = await stage.open(0, "ann");
    stage.emitter.in("user:ann").socketsJoin("chat:guest");
    await untilHeard("chat:guest");
    await stage.publish("chat:guest", 1);
    await ann.next("message");
    const reply = await ann.request("subscribe", { channel: "chat:guest", since: "start" });
    expect(reply).toMatchObject({ ok: true, messages: [{ data: 1 }] });
    await stage.publish("chat:guest", 2);
    await ann.next("message", 2);
    expect(await ann.request("unsubscribe", { channel: "chat:guest" })).toEqual({ ok: true });
    await stage.publish("chat:guest", 3);
    await stage.heard(ann);
    expect(data(ann, "chat:guest")).toEqual([1, 2]);
  });

  it("ends a subscription whose room it has the socket leave, and tells the client", async () => {
    const bob = await stage.open(1, "bob", "chat:held", "chat:kept");
    stage.emitter.in("chat:held").socketsLeave("chat:held");
    const told = { channel: "chat:held", error: { code: "disconnected", retryable: false } };
    expect(await bob.next("unsubscribed")).toMatchObject(told);
    await stage.publish("chat:held", 1);
    await stage.publish("chat:kept", 2);
    await bob.next("message");
    expect([data(bob, "chat:held"), data(bob, "chat:kept")]).toEqual([[], [2]]);
    const again = { channel: "chat:held", since: "start" };
    expect(await bob.request("subscribe", again)).toMatchObject({ ok: true, messages: [{ data: 1 }] });
  });

  it.each([false, true])("disconnects sockets after what it sent them (close: %s)", async (close) => {
    const ann = await stage.open(0, "ann", "chat:gone");
    const bob = await stage.open(1, "bob", "chat:gone");
    const eve = await stage.open(1, "eve");
    const reasons = [ann, bob].map(
      ({ socket }) => new Promise((resolve) => socket.once("disconnect", resolve)),
    );
    stage.emitter.to("chat:gone").emit("last words");
    stage.emitter.in("chat:gone").disconnectSockets(close);
    expect(await Promise.all(reasons)).toEqual(["io server disconnect", "io server disconnect"]);
    for (const { received } of [ann, bob]) {
      expect(received.slice(-2)).toEqual([
        { event: "last words", payload: undefined },
        { event: "goodbye", payload: { code: "disconnected", reconnect: false } },
      ]);
    }
    expect(await stage.heard(eve)).toEqual([[]]);
    await vi.waitFor(async () => {
      expect(await stage.node(0).metric("tidegate_connections_closed_total", "disconnected")).toBeGreaterThan(
        0,
      );
    }, patience);
  });

  it("sends events to servers, which do not mind that nobody listens", async () => {
    const ann = await stage.open(0, "ann");
    stage.emitter.serverSideEmit("hello", 1, { two: 2 });
    expect(await stage.heard(ann)).toEqual([[]]);
    expect(await stage.node(0).metric("tidegate_malformed_messages_total")).toBe(0);
  });

  it("is heard without a pattern, on the channels of the rooms that there are", async () => {
    const ann = await stage.open(0, "ann", "chat:1");
    await vi.waitFor(async () => {
      const names = (await stage.redis.pubsub("CHANNELS", "socket.io*")).map(String).sort();
      const rooms = ["chat:1", ann.welcome.connection, "user:ann"].map((room) => `socket.io#/#${room}#`);
      const common = ["socket.io#/#", "socket.io-request#/#", "socket.io-response#/#"];
      const responses = names.filter((name) => /^socket\.io-response#\/#.+#$/.test(name));
      expect(responses).toHaveLength(2);
      expect(names).toEqual([...common, ...responses, ...rooms].sort());
    }, patience);
    expect(await stage.redis.pubsub("NUMPAT")).toBe(0);
  });

  async function untilHeard(...rooms: string[]): Promise<void> {
    for (const room of rooms) {
      await vi.waitFor(async () => expect(await subscribers(room)).toBe(1), patience);
    }
  }

  async function subscribers(room: string): Promise<unknown> {
    const [, count] = await stage.redis.pubsub("NUMSUB", `socket.io#/#${room}#`);
    return count;
  }
});
