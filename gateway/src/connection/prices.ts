/*
 * The price list: what everything costs that a client can do. The dispatcher, the welcome and admission charge by it,
 * `accounts.ts` knows whom, and docs/LIMITS.md is made from it. What is missing here would be free, however much it has
 * the node and Redis do; the table of requests does not compile without a price for each.
 */

import type { Connection } from "./connection.ts";
import type { Price } from "./request.ts";

/** A price as LIMITS says it. */
export interface RequestPrice extends Price {
  words: string;
}

/** Of a request that costs always the same. */
function fixed(units: number, words = String(units)): RequestPrice {
  return { words, counts: () => 1, units: () => units };
}

/** Units of a channel that is subscribed to: more than half of it is the way to Redis, there and back again. */
const perChannel = 2;

/** By event. What the protocol does not name is `other`. */
export const requestPrices = {
  subscribe: {
    words: `${perChannel} for each channel; it counts as so many requests`,
    counts: (_connection, payload) => itemsOf(payload),
    units: (_connection, payload) => perChannel * itemsOf(payload),
  },
  unsubscribe: fixed(2),
  publish: fixed(1),
  history: fixed(1),
  presence: fixed(1),
  refresh: fixed(4),
  away: {
    words: "1 for each channel with presence, where it changes something; it counts as so many requests",
    counts: (connection) => changesOf(connection, true),
    units: (connection) => changesOf(connection, true),
  },
  back: {
    words: "as `away`",
    counts: (connection) => changesOf(connection, false),
    units: (connection) => changesOf(connection, false),
  },
  ping: fixed(1),
  other: fixed(1),
} satisfies Record<string, RequestPrice>;

/** The requests of the protocol. */
export type RequestName = Exclude<keyof typeof requestPrices, "other">;

/** What comes on top, once it is known. */
export const surcharges = {
  /** Units of a payload. @param weight as `weightOf` has it */
  payload: {
    words:
      "1 for each 16 KiB that the request's arguments take in memory; an empty array takes ten times its text. Those count in the rate of the connection too",
    units: (weight: number) => Math.floor(weight / 16_384),
  },
  /** Units of an answer with messages. @param length of its text */
  answer: {
    words: "1 for each 4 KiB of an answer that carries messages or users, that of a `subscribe` included",
    units: (length: number) => Math.floor(length / 4_096),
  },
  /** Units of a page of users. */
  page: {
    words: "1 for each 25 users on a page of `presence`, where its bytes do not come to more",
    units: (users: number) => Math.floor(users / 25),
  },
  /** Units of an event of presence. @param members of the channel on this node */
  told: {
    words:
      "1 for each 16 members on the node, when a user's coming, going, `away` or `back` is told to a channel with presence events",
    units: (members: number) => Math.floor(members / 16),
  },
} as const;

/** Units that the user of a connection pays for its handshake. @param channels that it starts with */
export function welcomeUnits(channels: number): number {
  return 4 + perChannel * channels;
}

/** What a handshake takes of those that a node can have in a second; its address pays. */
export const handshakePrices = {
  /** Of one that asks to be let in. */
  upgrade: 1,
  /** More, once it has said what it resumes: a few channels are cheap beside the rest. @param channels that it resumes */
  carried: (channels: number) => Math.max(0, Math.ceil((channels - 16) / 8)),
  /** More, of one that is not let in: whoever guesses tokens has fewer guesses. */
  refused: 5,
} as const;

/** A request for many channels is for so many. */
function itemsOf(payload: unknown): number {
  return Array.isArray(payload) ? Math.max(1, payload.length) : 1;
}

/** A change of state is published to each channel with presence; what changes nothing costs one. */
function changesOf(connection: Connection, away: boolean): number {
  if (connection.away === away) return 1;
  let told = 0;
  for (const { feed } of connection.held.values()) if (feed.policy.presence) told += 1;
  return Math.max(1, told);
}
