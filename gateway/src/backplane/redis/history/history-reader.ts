/*
 * Owns the reading of stored messages, many channels in one round trip. The broker reads for replies, Topics for
 * comparing and repairing. Each read also keeps its channel's counter alive: one that expired under its subscribers
 * would come back with another epoch, and all of them would reload.
 */

import { messageOf } from "../../../protocol/packet.ts";
import type { Position } from "../../../protocol/position.ts";
import { Allowance, bytesOf } from "../../allowance.ts";
import type { HistoryRead, ReadBudget } from "../../ports.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import type { Keys } from "../keys.ts";
import { decodeParts } from "../pubsub/wire.ts";
import { makeNonce, scripts } from "../scripts.ts";

/** A stored message as it was sent to its channel's subscribers. */
export interface StoredPacket {
  position: Position;
  packet: Buffer;
  attachments: readonly Buffer[];
  /** Connections that were left out of it; none where that was not asked for. */
  except: readonly string[];
}

/** As a HistoryPage, with packets. */
export interface PacketPage {
  top: Position;
  reached: boolean;
  entries: StoredPacket[];
  more: boolean;
}

/** What the script `read` returns for each channel. Entries are flat, three values each; exceptions two. */
type RawPage = [
  epoch: Buffer,
  top: number,
  reached: number,
  more: number,
  entries: (number | Buffer)[],
  exceptions: (number | Buffer)[],
];

/**
 * Reads what is stored of channels, in one round trip: one script on one Redis, one for each channel in a Redis Cluster.
 *
 * @param forRepair of what a room was not sent: with who was left out, in as long as a burst may take
 * @throws Failure `unavailable`
 */
export async function readHistory(
  connectionOf: (channel: string) => Pick<RedisConnection, "run">,
  keys: Keys,
  reads: readonly HistoryRead[],
  budget: ReadBudget,
  forRepair = false,
): Promise<PacketPage[]> {
  const [first] = reads;
  if (!first) return [];
  if (!keys.sharded) return readTogether(connectionOf(first.channel), keys, reads, budget, forRepair);
  // A script reads keys of one slot; what all may return together is cut after that.
  const pages = reads.map((read) =>
    readTogether(connectionOf(read.channel), keys, [read], budget, forRepair),
  );
  return cut((await Promise.all(pages)).flat(), budget);
}

async function readTogether(
  redis: Pick<RedisConnection, "run">,
  keys: Keys,
  reads: readonly HistoryRead[],
  budget: ReadBudget,
  forRepair = false,
): Promise<PacketPage[]> {
  const names = reads.flatMap(({ channel }) => [keys.counter(channel), keys.stream(channel)]);
  const { messages, bytes, attachments } = budget;
  const shared = [makeNonce(), messages, bytes, attachments, forRepair ? 1 : 0];
  const args = [...shared, ...reads.flatMap(argumentsOf)];
  const pages = (await redis.run(scripts.read, names, args, forRepair ? "burst" : "call")) as RawPage[];
  return pages.map(pageOf);
}

function argumentsOf({ retention, from, limit, reverse }: HistoryRead): (string | number)[] {
  const [mode, epoch, offset] = typeof from === "string" ? [from, "", 0] : ["after", from.epoch, from.offset];
  return [retention.ttl, mode, epoch, offset, limit ?? -1, reverse && mode === "start" ? 1 : 0];
}

/** Scripts on several shards know nothing of each other, so each kept the whole budget. */
function cut(pages: readonly PacketPage[], budget: ReadBudget): PacketPage[] {
  const allowance = new Allowance(budget);
  return pages.map((page) => {
    const end = page.entries.findIndex((entry) => !takes(allowance, entry));
    return end === -1 ? page : { ...page, entries: page.entries.slice(0, end), more: true };
  });
}

/** As the script counts: the message without what encloses it in the packet. */
function takes(allowance: Allowance, { packet, attachments }: StoredPacket): boolean {
  return allowance.take(bytesOf(messageOf(packet.toString()), attachments), attachments.length);
}

/** Drops what has another form: another program may have written to the stream. */
function pageOf([epochBytes, top, reached, more, raw, rawExceptions]: RawPage): PacketPage {
  const epoch = epochBytes.toString();
  const exceptions = exceptionsOf(rawExceptions);
  const entries: StoredPacket[] = [];
  for (let at = 0; at + 2 < raw.length; at += 3) {
    const [offset, packet, attachments] = raw.slice(at, at + 3);
    if (typeof offset !== "number" || !Buffer.isBuffer(packet) || !Buffer.isBuffer(attachments)) continue;
    const position = { epoch, offset };
    entries.push({
      position,
      packet,
      attachments: partsOf(attachments),
      except: exceptions.get(offset) ?? [],
    });
  }
  return { top: { epoch, offset: top }, reached: reached === 1, entries, more: more === 1 };
}

/** @returns by offset, the connections that were left out */
function exceptionsOf(raw: readonly (number | Buffer)[]): Map<number, string[]> {
  const exceptions = new Map<number, string[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [offset, except] = raw.slice(at, at + 2);
    if (typeof offset !== "number" || !Buffer.isBuffer(except)) continue;
    exceptions.set(
      offset,
      partsOf(except).map((part) => part.toString()),
    );
  }
  return exceptions;
}

function partsOf(bytes: Buffer): Buffer[] {
  return bytes.length > 0 ? decodeParts(bytes).parts : [];
}
