/*
 * Bodies that work as they stand, one for each use of a call. The page at `/docs` fills them in; without them it would
 * make one up that has every member at once, which no call takes.
 */

export interface Example {
  summary: string;
  value: unknown;
}

const channel = "chat:42";
const user = "ann";
const data = { text: "hello" };

/** By `operationId`, then by name; the first is filled in until another is chosen. */
export const requestExamples: Record<string, Record<string, Example>> = {
  publish: {
    one: { summary: "to one channel", value: { channel, data } },
    many: { summary: "to several channels", value: { channels: [channel, "chat:43"], data } },
    user: { summary: "to one user", value: { channel: `user:${user}`, data } },
    once: { summary: "that may be repeated without harm", value: { channel, data, id: "order-7" } },
  },
  batch: {
    batch: {
      summary: "several publications",
      value: {
        operations: [{ publish: { channel, data } }, { publish: { channels: [channel, "chat:43"], data } }],
      },
    },
  },
  subscribe: { subscribe: { summary: "all connections of a user", value: { user, channel } } },
  unsubscribe: { unsubscribe: { summary: "all connections of a user", value: { user, channel } } },
  disconnect: {
    user: { summary: "all connections of a user", value: { user } },
    connection: { summary: "one connection", value: { connection: "mT0aCj3v9qkX2b7hAAAB" } },
    back: { summary: "so that they connect anew", value: { user, reconnect: true } },
  },
  issueToken: {
    session: { summary: "for a user", value: { user, ttl: 3_600, info: { name: "Ann" } } },
    channels: { summary: "with channels from the start", value: { user, channels: [channel] } },
    grants: {
      summary: "with rights where a rule says `token`",
      value: { user, allow: [{ channels: ["doc:*"], can: ["subscribe", "publish"] }] },
    },
    channel: { summary: "for one channel", value: { user, channel: "doc:7", ttl: 600 } },
  },
  explain: { channel: { summary: "a channel, for who has no token", value: { channel } } },
  revoke: { revoke: { summary: "all tokens of a user", value: { user } } },
};
