import { messageOf } from "../../protocol/packet.ts";
import type { Position } from "../../protocol/position.ts";
import { randomText } from "../../random.ts";
import { Allowance } from "../allowance.ts";
import type { HistoryRead, ReadBudget } from "../ports.ts";
import type { Keys } from "./keys.ts";
import type { Limit, Line } from "./line.ts";
import { scripts } from "./scripts.ts";
import { decodeParts } from "./wire.ts";

/** A stored message as its channel's subscribers were sent it. */
export interface StoredPacket {
  position: Position;
  packet: Buffer;
  attachments: readonly Buffer[];
}

/** As a HistoryPage, with packets. */
export interface PacketPage {
  top: Position;
  reached: boolean;
  entries: StoredPacket[];
  more: boolean;
}

/** What the script `read` returns for each channel. */
type RawPage = [epoch: Buffer, top: number, reached: number, more: number, entries: (number | Buffer)[]];

/** A nonce of an epoch, where the channel has no counter yet. */
export function makeNonce(): string {
  return randomText(6, "hex");
}

/**
 * Reads what is stored of channels, in one round trip. Each read opens and refreshes its channel's counter.
 *
 * @throws Failure `unavailable`
 */
export async function readPast(
  lineOf: (channel: string) => Line,
  keys: Keys,
  reads: readonly HistoryRead[],
  budget: ReadBudget,
  limit?: Limit,
): Promise<PacketPage[]> {
  const [first] = reads;
  if (!first) return [];
  if (!keys.sharded) return readTogether(lineOf(first.channel), keys, reads, budget, limit);
  // A script reads keys of one slot; what all may return together is cut after that.
  const pages = reads.map((read) => readTogether(lineOf(read.channel), keys, [read], budget, limit));
  return cut((await Promise.all(pages)).flat(), budget);
}

async function readTogether(
  line: Line,
  keys: Keys,
  reads: readonly HistoryRead[],
  budget: ReadBudget,
  limit?: Limit,
): Promise<PacketPage[]> {
  const names = reads.flatMap(({ channel }) => [keys.counter(channel), keys.stream(channel)]);
  const { messages, bytes, attachments } = budget;
  const args = [makeNonce(), messages, bytes, attachments, ...reads.flatMap(argumentsOf)];
  const pages = (await line.run(scripts.read, names, args, limit)) as RawPage[];
  return pages.map(pageOf);
}

function argumentsOf({ retention, from, limit, reverse }: HistoryRead): (string | number)[] {
  const [mode, epoch, offset] = typeof from === "string" ? [from, "", 0] : ["after", from.epoch, from.offset];
  return [retention.ttl, mode, epoch, offset, limit ?? -1, reverse && mode === "start" ? 1 : 0];
}

function cut(pages: readonly PacketPage[], budget: ReadBudget): PacketPage[] {
  const allowance = new Allowance(budget);
  return pages.map((page) => {
    const end = page.entries.findIndex((entry) => !allowance.take(bytesOf(entry), entry.attachments.length));
    return end === -1 ? page : { ...page, entries: page.entries.slice(0, end), more: true };
  });
}

function bytesOf({ packet, attachments }: StoredPacket): number {
  const message = Buffer.byteLength(messageOf(packet.toString()));
  return attachments.reduce((sum, one) => sum + one.byteLength, message);
}

function pageOf([epochBytes, offset, reached, more, raw]: RawPage): PacketPage {
  const epoch = epochBytes.toString();
  const entries: StoredPacket[] = [];
  for (let at = 0; at + 2 < raw.length; at += 3) {
    const [place, packet, attachments] = raw.slice(at, at + 3);
    if (typeof place !== "number" || !Buffer.isBuffer(packet) || !Buffer.isBuffer(attachments)) continue;
    const parts = attachments.length > 0 ? decodeParts(attachments).parts : [];
    entries.push({ position: { epoch, offset: place }, packet, attachments: parts });
  }
  return { top: { epoch, offset }, reached: reached === 1, entries, more: more === 1 };
}
