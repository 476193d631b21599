import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";
import type { Entry, Message } from "./spy.ts";
import type { Event } from "./stage.ts";

/** A call of the HTTP API after all else, with its answer. */
export interface Call {
  method: "GET" | "POST";
  path: string;
  body?: unknown;
  answer: Record<string, unknown>;
}

/** What one release writes to Redis, and what it reads out of it. */
export interface Recording {
  version: string;
  /** The nodes' names; the first one did what `stage.ts` was told, the second has the clients. */
  nodes: readonly string[];
  entries: readonly Entry[];
  /** Everything that was published, in order. */
  messages: readonly Message[];
  /** What the user `lena`, who was in all channels from the start, was sent of it. */
  heard: readonly Event[];
  calls: readonly Call[];
  /** Socket.IO's own operations between nodes, and what a client of another node was sent by them. */
  peers: { messages: readonly Message[]; received: readonly unknown[] };
}

/** What stands for the time of Redis in a recording, in Unix milliseconds. */
export const storedAt = 1_800_000_000_000;
/** What stands for the replication id in an epoch. */
export const replication = "00000000";

export function recordings(): Recording[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".json"))
    .map((file) => JSON.parse(readFileSync(join(import.meta.dirname, file), "utf8")) as Recording);
}

/** Brings a recording into the present of a Redis: its time, and its replication id. */
export async function presentIn(client: Redis): Promise<(text: string) => string> {
  const [seconds] = await client.time();
  const info = await client.info("replication");
  const id = /master_replid:(.{8})/.exec(info)?.[1] ?? "";
  return (text) =>
    text
      .replaceAll(String(storedAt), `${seconds}000`)
      .replaceAll(/(?<![0-9a-f])([0-9a-f]{12})00000000(?![0-9a-f])/g, `$1${id}`);
}

/** Stores an entry as it was recorded. */
export async function store(client: Redis, { key, ttl, value }: Entry): Promise<void> {
  const bytes = (text: string) => Buffer.from(text, "latin1");
  const flat = (fields: readonly [string, string][]) => fields.flatMap((pair) => pair.map(bytes));
  if ("string" in value) await client.set(key, bytes(value.string));
  else if ("hash" in value) await client.hset(key, ...flat(value.hash));
  else if ("set" in value) await client.sadd(key, ...value.set.map(bytes));
  else if ("sorted" in value)
    await client.zadd(key, ...value.sorted.flatMap(([member, score]) => [score, bytes(member)]));
  else for (const [id, fields] of value.stream) await client.xadd(key, id, ...fields.map(bytes));
  if (ttl !== undefined) await client.pexpire(key, ttl);
}
