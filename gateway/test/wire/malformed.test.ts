import fc from "fast-check";
import { Redis } from "ioredis";
import { encode } from "notepack.io";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RedisServer } from "../support/redis-server.ts";
import { type Client, useStage } from "./stage.ts";

const stage = useStage(async () => {
  const server = await RedisServer.start();
  const client = new Redis(server.port, "127.0.0.1");
  const stop = () => {
    client.disconnect();
    return server.stop();
  };
  return { url: server.url, client, stop };
});

const opts = { rooms: ["chat:1"], except: [], flags: {} };
const packet = { type: 2, nsp: "/", data: ["event", { a: 1 }, Buffer.from([1])] };
const uid = "emitter";
const requestId = "abc";

/** What is sent over the classic wire, each in its right form. What ends connections is not among them. */
const wellFormed: unknown[] = [
  [uid, packet, opts],
  { type: 2, opts, rooms: ["chat:2"] },
  { type: 3, opts, rooms: ["chat:2"] },
  { uid, type: 5, requestId, opts },
  { uid, type: 6, requestId, data: ["event", 1] },
  { uid, type: 7, requestId, packet, opts },
  { requestId, sockets: [{ id: "x", handshake: {}, rooms: ["x"], data: {} }] },
  { type: 6, requestId, data: 1 },
  { type: 8, requestId, clientCount: 1 },
  { type: 9, requestId, packet: [1] },
];

const roomless = { rooms: undefined, except: [] };

/** What no emitter sends, and what would be for everybody if it were believed. */
const illFormed: [string, unknown][] = [
  ["no event", [uid, { ...packet, data: [] }, opts]],
  ["an event that is no name", [uid, { ...packet, data: [{}] }, opts]],
  ["an event that JSON makes null", [uid, { ...packet, data: [Number.NaN] }, opts]],
  ["an event that is Socket.IO's own", [uid, { ...packet, data: ["disconnect"] }, opts]],
  ["a packet that ends the session", [uid, { type: 1, nsp: "/", data: [] }, opts]],
  ["an acknowledgement", [uid, { type: 3, id: 1, nsp: "/", data: [] }, opts]],
  ["another namespace", [uid, { ...packet, nsp: "/other" }, opts]],
  ["too much binary", [uid, { ...packet, data: ["event", ...Array(11).fill(Buffer.from([1]))] }, opts]],
  [
    "a forged placeholder",
    [uid, { ...packet, data: ["event", Buffer.from([1]), { _placeholder: true, num: 9 }] }, opts],
  ],
  ["data too deep", [uid, { ...packet, data: ["event", nested(200)] }, opts]],
  ["data deeper than any stack", [uid, { ...packet, data: ["event"] }, opts, nested(200)]],
  ["rooms that are none", [uid, packet, { ...opts, rooms: [null] }]],
  ["exceptions that are none", [uid, packet, { ...opts, except: "chat:1" }]],
  ["flags that are none", [uid, packet, { ...opts, flags: { volatile: "yes" } }]],
  ["a disconnect of nobody in particular", { type: 4, close: true }],
  ["a disconnect without rooms", { type: 4, opts: roomless, close: true }],
  ["a disconnect of what are no rooms", { type: 4, opts: { rooms: [{}], except: [] }, close: true }],
  ["a join of everybody to nothing", { type: 2, opts: roomless, rooms: ["x"] }],
  ["an unknown request", { type: 99, opts }],
  ["an event of the server's own", { uid, type: 6, data: ["error", "thrown"] }],
  ["a connection that is none", { uid, type: 6, data: ["connection", {}] }],
  ["nothing", null],
  ["a list", [[], [], []]],
];

function nested(depth: number): unknown {
  return depth === 0 ? 0 : [nested(depth - 1)];
}

/** A few bytes that claim much more than there is, or have no end. */
const bombs: [string, Buffer][] = [
  ["an array of 33 million", Buffer.from("dd01ffffff", "hex")],
  ["an array of 4 billion", Buffer.from("ddffffffff", "hex")],
  ["a map of 4 billion", Buffer.from("dfffffffff", "hex")],
  ["4 GB of bytes", Buffer.from("c9ffffffff00", "hex")],
  ["a timestamp that hides 512 MB", Buffer.from(`92c701ff00c40f${"00".repeat(9)}c92000000000`, "hex")],
  ["4 GB of text", Buffer.from("dbffffffff", "hex")],
  ["arrays in arrays, each of 64,000", Buffer.concat(Array(20_000).fill(Buffer.from("dcfa00", "hex")))],
  ["a million arrays in each other", Buffer.concat([Buffer.alloc(1_000_000, 0x91), Buffer.from([0xc0])])],
  ["a million objects in each other", Buffer.from(`{"type":2,"opts":${'{"a":'.repeat(1_000_000)}`)],
  [
    "a million rooms that are none",
    Buffer.from(JSON.stringify({ type: 2, opts, rooms: Array(1e6).fill(null) })),
  ],
  ["9 MiB", Buffer.alloc(9 * 1024 * 1024, 0x90)],
  ["9 MiB of JSON", Buffer.alloc(9 * 1024 * 1024, "{")],
  ["a byte too many", Buffer.concat([encode([uid, packet, opts]), Buffer.from([0])])],
  ["nothing", Buffer.alloc(0)],
];

let ann: Client;
let bob: Client;
let faults: unknown[];
const record = (fault: unknown): void => void faults.push(fault);

beforeEach(async () => {
  faults = [];
  process.on("uncaughtException", record);
  process.on("unhandledRejection", record);
  ann = await stage.open(0, "ann", "chat:1");
  bob = await stage.open(1, "bob", "chat:1");
});

/** Both clients are there still, on their first connection, and are sent what comes next. */
afterEach(async () => {
  await stage.publish("chat:1", "after");
  stage.emitter.to("chat:1").emit("and after");
  const heard = await stage.heard(ann, bob);
  for (const events of heard) expect(events.slice(-2)).toEqual(["message", "and after"]);
  expect([ann, bob].map((client) => client.of("welcome").length)).toEqual([1, 1]);
  expect(faults).toEqual([]);
  process.off("uncaughtException", record);
  process.off("unhandledRejection", record);
});

/** Every pub/sub channel on which a node hears Socket.IO's adapters. */
async function everywhere(): Promise<string[]> {
  const names = await stage.redis.pubsub("CHANNELS", "socket.io*");
  return names.map(String).filter((name) => !name.includes("user:"));
}

/** One after the other: behind dozens of megabytes the answer to a node's PING would come too late. */
async function send(bytes: Buffer): Promise<void> {
  for (const name of await everywhere()) {
    await stage.redis.publish(name, bytes);
    await stage.heard(ann, bob);
  }
}

async function malformed(): Promise<number> {
  await stage.heard(ann, bob);
  const counts = [0, 1].map((index) =>
    stage.node(index as 0 | 1).metric("tidegate_malformed_messages_total"),
  );
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

describe("what comes over Redis and is no message of Socket.IO's", () => {
  it.each(illFormed)("is dropped and counted: %s", async (_name, value) => {
    const before = await malformed();
    await send(encode(value));
    if (!Array.isArray(value)) await send(Buffer.from(JSON.stringify(value)));
    expect(await malformed()).toBeGreaterThan(before + 7);
    expect(ann.received.map(({ event }) => event)).not.toContain("event");
  });

  it.each(bombs)("takes no memory or time for what it claims to be: %s", async (_name, bytes) => {
    const before = await malformed();
    await send(bytes);
    expect(await malformed()).toBeGreaterThan(before + 7);
  });

  it("does no harm, whatever becomes of the bytes of one that is", async () => {
    const names = await everywhere();
    const written = fc.constantFrom(...wellFormed.flatMap((value) => [encode(value), JSON.stringify(value)]));
    const changed = fc.tuple(written, fc.nat(), fc.uint8Array({ maxLength: 6 }), fc.nat(6)).map(change);
    const bytes = fc.oneof(changed, fc.uint8Array({ maxLength: 40 }).map(Buffer.from));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...names), bytes), { minLength: 20 }),
        async (all) => {
          await Promise.all(all.map(([name, message]) => stage.redis.publish(name, message)));
          await stage.heard(ann, bob);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("does no harm, whatever stands in a field of one that is", async () => {
    const names = await everywhere();
    const value = fc.constantFrom(...wellFormed).chain((one) => fc.constantFrom(...variants(one)));
    const changed = fc.tuple(value, fc.boolean()).map(([one, json]) => {
      return json ? Buffer.from(JSON.stringify(one)) : encode(one);
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...names), changed), { minLength: 20 }),
        async (all) => {
          await Promise.all(all.map(([name, message]) => stage.redis.publish(name, message)));
          await stage.heard(ann, bob);
        },
      ),
      { numRuns: 50 },
    );
  });
});

/** Puts other bytes in the place of some. */
function change([written, at, bytes, count]: [string | Buffer, number, Uint8Array, number]): Buffer {
  const whole = Buffer.from(written);
  const start = at % (whole.length + 1);
  return Buffer.concat([whole.subarray(0, start), bytes, whole.subarray(start + count)]);
}

const odd = [null, true, -1, 1.5, 2 ** 53, "", "x", [], {}, [[]], [null], { a: 1 }, Buffer.from([1])];

/** The value with each of its parts, however deep, replaced by each of the odd ones, or left out. */
function variants(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return odd;
  return Object.entries(value).flatMap(([key, part]) => [
    Array.isArray(value)
      ? value.filter((_, index) => String(index) !== key)
      : Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)),
    ...variants(part).map((other) =>
      Array.isArray(value)
        ? value.map((one, index) => (String(index) === key ? other : one))
        : { ...value, [key]: other },
    ),
  ]);
}
