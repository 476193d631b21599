/*
 * Computes what a subscribe is answered with: the page that was read, what was delivered since, and the position where
 * both end. `subscriptions.ts` calls it in the step in which the room is joined. If a reply ended anywhere but where
 * the room's members stand, the next delivery would leave a hole or come twice.
 */

import { Allowance, bytesOf } from "../backplane/allowance.ts";
import type { Delivery, HistoryPage, ReadBudget, ReadFrom } from "../backplane/ports.ts";
import { joinMessages, messageOf } from "../protocol/packet.ts";
import { formatPosition, type Position } from "../protocol/position.ts";
import type { Feed, Tap } from "./feed.ts";

/** What one reply frame may carry (PROTOCOL, section 4); a message's attachments stay within what a client decodes. */
export const replyBudget: ReadBudget = { messages: 300, bytes: 256 * 1024, attachments: 10 };

interface ReplyEntry {
  position: Position;
  message: string;
  attachments: readonly Uint8Array[];
}

/** The part of a reply frame that is still free, shared by all channels of the frame. */
export type ReplySpace = Allowance;

export function replySpace(budget: ReadBudget): ReplySpace {
  return new Allowance(budget);
}

/** What the reply to these requests may carry: no more than the one that asks for the least. */
export function budgetOf(requests: readonly { maxBytes?: number | undefined }[]): ReadBudget {
  const asked = requests.map(({ maxBytes = replyBudget.bytes }) => maxBytes);
  return { ...replyBudget, bytes: Math.min(replyBudget.bytes, ...asked) };
}

/** How far a subscribe came: the entries of its reply, and where the subscription then stands. */
export interface SubscribeOutcome {
  position: Position | undefined;
  recovered: boolean | undefined;
  entries: readonly ReplyEntry[];
  /** The subscription did not reach the top and is not live. */
  more: boolean;
  latest: boolean;
}

/** The outcome of a subscribe to a channel without history. */
export function plainOutcome(sinceGiven: boolean): SubscribeOutcome {
  const recovered = sinceGiven ? false : undefined;
  return { position: undefined, recovered, entries: [], more: false, latest: false };
}

/** The outcome of a subscribe without `since`: it begins where the room's members are. */
export function presentOutcome({ live }: Feed): SubscribeOutcome {
  return { position: live, recovered: undefined, entries: [], more: false, latest: false };
}

/**
 * Merges what the history held with what arrived while it was read, so that the reply ends exactly where
 * the room's members stand: what they have had is in it, what they have not will reach all of them.
 *
 * @param space of the reply frame that is still free; all channels of the frame share it
 */
export function mergeOutcome(
  feed: Feed,
  page: HistoryPage,
  tap: Tap,
  from: "start" | "newest" | Position,
  space: ReplySpace,
): SubscribeOutcome {
  const end = roomPosition(feed, page.top, tap);
  if (from === "newest") return newestOutcome(page, tap, end, space);
  if (!page.reached) return { position: end, recovered: false, entries: [], more: false, latest: false };
  const wanted = [...page.entries.filter((entry) => isWithin(entry.position, end)), ...tail(page, tap)];
  const entries: ReplyEntry[] = [];
  for (const entry of wanted) {
    if (!takes(space, entry)) break;
    entries.push(entry);
  }
  const last = entries.at(-1)?.position ?? (typeof from === "string" ? undefined : from);
  const reach = last ?? (wanted.length === 0 ? page.top : undefined);
  // A delivery that the members had from another reply, or one that is still on its way to them, keeps the
  // entries from ending where the room stands; the next attempt will find it.
  const more = page.more || tap.overflowed || entries.length < wanted.length || !isSame(reach, end);
  return { position: more ? last : end, recovered: true, entries, more, latest: false };
}

function takes(space: ReplySpace, { message, attachments }: ReplyEntry): boolean {
  return space.take(bytesOf(message, attachments), attachments.length);
}

function isSame(one: Position | undefined, other: Position): boolean {
  return one?.epoch === other.epoch && one.offset === other.offset;
}

/**
 * Where the reply has to end: the position up to which the room's members have been sent everything.
 *
 * - Without `live` the room is new, and begins at the page's top.
 * - Where the two epochs differ, one of them is over. A tap that overflowed says that the loss was found after the page
 *   was read: the members are at `live`. Otherwise the page is newer, which the members will see by the next message.
 * - In one epoch the members are at `live`. An empty room has nobody who would need it, so a newer top takes its place.
 */
function roomPosition(feed: Feed, top: Position, tap: Tap): Position {
  const { live } = feed;
  if (!live) return top;
  if (live.epoch !== top.epoch) return tap.overflowed ? live : top;
  return feed.occupied || live.offset > top.offset ? live : top;
}

/** An entry above the end has yet to be sent to the members, and will reach the newcomer together with them. */
function isWithin(position: Position, end: Position): boolean {
  return position.epoch !== end.epoch || position.offset <= end.offset;
}

/** The deliveries that came after the page's top. None of a page that ends before the top: a hole would lie between. */
function tail(page: HistoryPage, tap: Tap): ReplyEntry[] {
  const entries: ReplyEntry[] = [];
  if (page.more) return entries;
  for (const delivery of tap.deliveries) {
    const { position } = delivery;
    if (position?.epoch === page.top.epoch && position.offset > page.top.offset) {
      entries.push(entryOf(delivery, position));
    }
  }
  return entries;
}

function entryOf({ packet, attachments }: Delivery, position: Position): ReplyEntry {
  const text = typeof packet === "string" ? packet : Buffer.from(packet).toString();
  return { position, message: messageOf(text), attachments };
}

/** The outcome of a subscribe to a value: its newest message, or nothing where there is none yet. */
function newestOutcome(page: HistoryPage, tap: Tap, end: Position, space: ReplySpace): SubscribeOutcome {
  const newest = tail(page, tap).at(-1) ?? page.entries[0];
  const current = isSame(newest?.position ?? page.top, end);
  const fits = newest !== undefined && current && takes(space, newest);
  const more = page.more || !current || (newest !== undefined && !fits);
  return {
    position: more ? undefined : end,
    recovered: true,
    entries: fits ? [newest] : [],
    more,
    latest: true,
  };
}

/** How far a subscribe came, as its log line has it. */
export function describeOutcome(
  { entries, more }: SubscribeOutcome,
  { channel, live }: Feed,
  from: ReadFrom,
  page: HistoryPage | undefined,
) {
  const top = page?.top ?? live;
  return {
    channel,
    from: typeof from === "string" ? from : formatPosition(from),
    top: top && formatPosition(top),
    messages: entries.length,
    more,
  };
}

/**
 * The reply as JSON; its attachments are appended to those of the frame.
 *
 * @param token by which the client need not be asked about again, where a backend has granted that
 */
export function replyText(
  channel: string,
  outcome: SubscribeOutcome,
  attachments: Uint8Array[],
  token?: string,
): string {
  const { position, recovered, entries, more, latest } = outcome;
  const members = [`"ok":true`, `"channel":${JSON.stringify(channel)}`];
  if (position) members.push(`"position":"${formatPosition(position)}"`);
  if (recovered !== undefined) members.push(`"recovered":${recovered}`);
  members.push(`"messages":${joinMessages(entries, attachments)}`);
  if (more) members.push(`"more":true`);
  if (latest) members.push(`"latest":true`);
  if (token !== undefined) members.push(`"token":${JSON.stringify(token)}`);
  return `{${members.join(",")}}`;
}
