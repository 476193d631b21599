import { Redis } from "ioredis";
import { afterEach, expect, it } from "vitest";
import { RedisServer } from "../../support/redis-server.ts";
import { useStage } from "../stage.ts";
import { JsonClient, PlainClient } from "./client.ts";

const open: { close(): void }[] = [];

const stage = useStage(async () => {
  const server = await RedisServer.start();
  const client = new Redis(server.port, "127.0.0.1");
  const stop = () => {
    client.disconnect();
    return server.stop();
  };
  return { url: server.url, client, stop };
});

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

async function json(user: string, ...channels: string[]): Promise<JsonClient & { id: string }> {
  const client = new JsonClient(stage.node(1).url, { token: await stage.node(1).token(user) });
  open.push(client);
  const { connection } = await client.next("welcome");
  for (const channel of channels)
    expect(await client.ask("subscribe", { channel })).toMatchObject({ ok: true });
  return Object.assign(client, { id: String(connection) });
}

async function text(user: string, channel: string): Promise<PlainClient & { id: string }> {
  const node = stage.node(1);
  const headers = { authorization: `Bearer ${await node.token(user)}` };
  const client = await new PlainClient(`${node.url}/ws/${channel}`, { headers }).opened();
  open.push(client);
  client.send("here");
  await client.received(1);
  const { body } = await node.call("GET", `/v1/connections?user=${user}`);
  const [{ connection }] = body.connections as [{ connection: string }];
  return Object.assign(client, { id: connection });
}

/** What a client of JSON was sent since its welcome, apart from answers. */
const events = (client: JsonClient) =>
  client.frames
    .map((frame) => JSON.parse(frame.toString()))
    .filter(([word]) => typeof word === "string" && word !== "welcome");

it("any event reaches those who speak JSON, with binary values in it, and messages those who speak text", async () => {
  const [ann, bob] = [await json("ann", "chat:1"), await text("bob", "chat:1")];
  ann.frames.splice(0);
  const { emitter } = stage;
  emitter.to("chat:1").emit("news", { any: [Buffer.from([1])] }, "more");
  emitter.to("chat:1").emit("message", { channel: "chat:1", data: Buffer.from([2]) });
  emitter.to(ann.id).emit("to ann");
  emitter.to(bob.id).emit("message", { channel: "chat:1", data: "to bob" });
  emitter.except("nobody").emit("everybody", 1);
  emitter.volatile.emit("volatile", 1);
  await ann.received(5);
  await bob.received(3);
  expect(events(ann)).toEqual([
    ["news", { any: [{ _binary: "AQ==" }] }, "more"],
    ["message", { channel: "chat:1", data: { _binary: "Ag==" } }],
    ["to ann"],
    ["everybody", 1],
    ["volatile", 1],
  ]);
  expect(bob.frames).toEqual(["here", Buffer.from([2]), "to bob"]);
});

it("an event whose name is a number is none of the answers of those who speak JSON", async () => {
  const ann = await json("ann");
  // Emitters take one, whatever their types say.
  stage.emitter.to(ann.id).emit(1 as unknown as string, { ok: true });
  expect(await ann.next("1")).toEqual({ ok: true });
  expect(await ann.ask("ping", {})).toMatchObject({ time: expect.any(Number) });
});

it("joins, leaves and ends those who speak JSON like all others", async () => {
  const ann = await json("ann");
  stage.emitter.in("user:ann").socketsJoin("chat:joined");
  await expect
    .poll(() => stage.redis.pubsub("NUMSUB", "socket.io#/#chat:joined#"))
    .toEqual(["socket.io#/#chat:joined#", 1]);
  stage.emitter.to("chat:joined").emit("message", { channel: "chat:joined", data: 1 });
  expect(await ann.next("message")).toMatchObject({ data: 1 });
  await ann.ask("subscribe", { channel: "chat:left" });
  stage.emitter.in("user:ann").socketsLeave("chat:left");
  expect(await ann.next("unsubscribed")).toMatchObject({
    channel: "chat:left",
    error: { code: "disconnected" },
  });
  stage.emitter.in("user:ann").disconnectSockets();
  expect(await ann.next("goodbye")).toEqual({ code: "disconnected", reconnect: false });
  expect(await ann.ended).toMatchObject({ code: 4410 });
});

it("joins nobody who speaks text to another room, and ends who has left the one", async () => {
  const [bob, watcher] = [await text("bob", "chat:own"), await json("eve", "chat:other")];
  stage.emitter.in("chat:own").socketsJoin("chat:other");
  stage.emitter.to("chat:other").emit("message", { channel: "chat:other", data: "not for bob" });
  await watcher.next("message");
  stage.emitter.to("chat:own").emit("message", { channel: "chat:own", data: "for bob" });
  expect(await bob.received(2)).toEqual(["here", "for bob"]);
  stage.emitter.in("chat:own").socketsLeave("chat:own");
  expect(await bob.ended).toMatchObject({ code: 4410 });
});
