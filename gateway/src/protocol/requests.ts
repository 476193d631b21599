import { z } from "zod";

/** The requests of PROTOCOL, section 2. Unknown members are ignored, so that newer clients can speak to older nodes. */

const channel = z.string();
const since = z.string().max(128);
const limit = z.int().min(1).max(1_000);

const subscription = z.object({ channel, since: since.optional(), token: z.string().optional() });

export type SubscriptionItem = z.infer<typeof subscription>;

export const requests = {
  subscribe: subscription,
  subscribeMany: z.array(subscription).min(1).max(1_000),
  unsubscribe: z.object({ channel }),
  publish: z.object({
    channel,
    data: z.unknown(),
    id: z.string().min(1).max(128).optional(),
    echo: z.boolean().optional(),
  }),
  history: z.object({
    channel,
    since: since.optional(),
    limit: limit.optional(),
    reverse: z.boolean().optional(),
  }),
  presence: z.object({ channel, limit: limit.optional(), cursor: z.string().max(1_024).optional() }),
  refresh: z.object({ token: z.string() }),
  away: z.object({}).optional(),
  back: z.object({}).optional(),
};

/** The handshake's `auth`. */
export const handshakeRequest = z.object({
  token: z.string().optional(),
  code: z.string().min(1).max(512).optional(),
  platform: z.string().optional(),
  app: z.string().optional(),
  resume: z.array(subscription).max(1_000).optional(),
});

export type HandshakeRequest = z.infer<typeof handshakeRequest>;
