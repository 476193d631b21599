/* `POST /v1/tokens` and `/v1/revoke`, for backends that have the gateway sign their users' tokens. */

import { z } from "zod";
import { actions } from "../auth/permissions.ts";
import { parseDuration } from "../config/units.ts";
import { shapeOf } from "../protocol/json.ts";
import { answers } from "./answers.ts";
import { reachOf } from "./connections.ts";
import { channel, milliseconds, reach, user } from "./schemas.ts";
import type { Api, ApiServices } from "./services.ts";

const second = 1_000;
/** Seconds. */
const usualTtl = 3_600;
/** `info` goes into presence events and pages, which clients decode: as deep as a message's data may be. */
const maxInfoDepth = 32;

const grant = z
  .strictObject({ channels: z.array(z.string().min(1)), can: z.array(z.enum(actions)) })
  .meta({ id: "Grant" });

const tokenRequest = z
  .strictObject({
    user,
    ttl: z
      .int()
      .min(1)
      .optional()
      .meta({ description: `Seconds until it expires; ${usualTtl} where absent.`, format: "int64" }),
    channel: channel.optional().meta({ description: "Makes it a channel token, for this channel only." }),
    info: z
      .unknown()
      .refine(
        (info) => shapeOf(info, maxInfoDepth) !== "deep",
        `expected at most ${maxInfoDepth} levels of nesting`,
      )
      .optional()
      .meta({ description: "Any JSON, shown in presence." }),
    channels: z.array(channel).max(1_000).optional().meta({ description: "Subscribed at connect." }),
    allow: z
      .array(grant)
      .optional()
      .meta({ description: "What the user may do where a rule says `token`. Channels are patterns." }),
  })
  .refine(
    ({ channel, info, channels, allow }) =>
      channel === undefined || (info === undefined && isMissing(channels) && isMissing(allow)),
    "expected `channel` without `info`, `channels` and `allow`",
  )
  .meta({ id: "TokenRequest" });

/** Generated clients send an empty list where nothing was set. */
function isMissing(list: readonly unknown[] | undefined): boolean {
  return list === undefined || list.length === 0;
}

const token = z
  .object({ token: z.string(), expiresAt: milliseconds("Unix milliseconds.") })
  .meta({ id: "Token" });

const longestBan = 365 * 86_400_000;
const isBan = (text: string): boolean => (parseDuration(text) ?? Number.POSITIVE_INFINITY) <= longestBan;

const revocation = z
  .strictObject({
    user,
    for: z.string().refine(isBan, "expected a duration such as 7d, at most 365d").optional().meta({
      description: "How long the user is kept out, such as `7d`: tokens of that time are refused too.",
    }),
  })
  .meta({ id: "Revocation" });

/** Without a secret both kinds of token are `not_found`: a gateway that only has public keys cannot sign. */
export function tokenRoutes(api: Api, services: ApiServices): void {
  const { tokens } = services;
  api.post(
    "/v1/tokens",
    {
      schema: {
        operationId: "issueToken",
        tags: ["Tokens"],
        summary: "Issue a token",
        description: "A session's token, or with `channel` a channel token. Needs `TIDEGATE_TOKEN_SECRET`.",
        body: tokenRequest,
        response: answers("The signed token.", token, ["not_found", "too_large"]),
      },
    },
    async ({ body: { user, channel, info, channels, allow, ...body } }) => {
      const ttl = (body.ttl ?? usualTtl) * second;
      if (channel !== undefined) return tokens.signChannel({ user, channel, ttl });
      return tokens.sign({ user, ttl, info, channels, allow });
    },
  );
  revokeRoute(api, services);
}

/** `before` is the time of the call, and with `for` a later one: a token that is issued afterwards is good. */
function revokeRoute(api: Api, { revocations, control, now }: ApiServices): void {
  api.post(
    "/v1/revoke",
    {
      schema: {
        operationId: "revoke",
        tags: ["Tokens"],
        summary: "Revoke a user's tokens",
        description:
          "Tokens issued up to now (whole seconds) are refused, channel tokens too. The sessions and the subscriptions " +
          "that rest on them end within 5 s. With `for`, so are those that are issued before that time is over, at a login by " +
          "code too.",
        body: revocation,
        response: answers("How many connections ended or lost a subscription.", reach),
      },
    },
    async ({ body: { user, for: duration } }) => {
      const ahead = duration === undefined ? 0 : (parseDuration(duration) ?? 0);
      const before = Math.floor((now() + ahead) / second);
      // Stored first: a client whose session ends must not come back with the same token.
      await revocations.revoke(user, before);
      return reachOf(await control.send({ kind: "revoke", user, before }));
    },
  );
}
