import { z } from "zod";

/**
 * The requests of PROTOCOL, section 2, as clients send them. Unknown members are ignored, so that newer clients can
 * speak to older nodes. A channel's name is checked by the rules, which know how long one may be.
 *
 * The server API checks its own bodies, which refuse unknown members, and shares the pieces that mean the same.
 */

/** Entries of a page: so many where the request does not say, and never more. */
export const pageLimit = { usual: 100, most: 1_000 };
/** Items of one request: channels to subscribe to, to resume or to publish to. */
export const maxItems = 1_000;

const channel = z.string();
const limit = z.int().min(1).max(pageLimit.most);

/** A position, or `start`. Any text passes: one that is no position is answered like one of an epoch that is gone. */
export const since = z.string().max(128);
/** Makes repeating a publication harmless; see `idempotencyLifetime`. */
export const publicationId = z.string().min(1).max(128);
/** Where the next page of presence begins, as the page before gave it. */
export const cursor = z.string().max(1_024);

/** Bytes of a reply that a client on a slow link asks for. Each reply costs a read, so it may not be any fewer. */
const leastReplyBytes = 16 * 1024;

const subscription = z.object({
  channel,
  since: since.optional(),
  token: z.string().optional(),
  /** What a backend is told besides, where the channel is left to one. */
  data: z.unknown().optional(),
  /** The reply frame then carries at most so many bytes of messages; of several items the least counts. */
  maxBytes: z.int().min(leastReplyBytes).optional(),
});

/** A channel to subscribe to, with the position to go on from and the channel token where it needs one. */
export type SubscriptionItem = z.infer<typeof subscription>;

/** By event; `subscribe` with an array is `subscribeMany`. */
export const requestSchemas = {
  subscribe: subscription,
  subscribeMany: z.array(subscription).min(1).max(maxItems),
  unsubscribe: z.object({ channel }),
  publish: z.object({
    channel,
    data: z.unknown(),
    id: publicationId.optional(),
    /** `false`: the sending connection gets `position` in place of the message. */
    echo: z.boolean().optional(),
  }),
  history: z.object({
    channel,
    since: since.optional(),
    limit: limit.optional(),
    reverse: z.boolean().optional(),
  }),
  presence: z.object({ channel, limit: limit.optional(), cursor: cursor.optional() }),
  refresh: z.object({ token: z.string() }),
  away: z.object({}).optional(),
  back: z.object({}).optional(),
};

/** @returns what is no text, or no JSON, as it is: its own schema refuses it */
function parsedWhereText(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The handshake's `auth`: a token, or the login code of a platform, or nothing where anonymous users may come. */
export const handshakeRequest = z.object({
  token: z.string().optional(),
  code: z.string().min(1).max(512).optional(),
  platform: z.string().optional(),
  app: z.string().optional(),
  // The client in Java takes nothing but texts for `auth`.
  resume: z.preprocess(parsedWhereText, z.array(subscription).max(maxItems)).optional(),
});

export type HandshakeRequest = z.infer<typeof handshakeRequest>;
