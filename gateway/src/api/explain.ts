/*
 * `POST /v1/explain`: what a token says and whether it would be let in, which rule a channel has and what users may do
 * there, each with its reason. Clients are told no reasons, since attackers would learn from them; whoever has an API
 * key may know. What the token says is what the caller has sent; the token itself is not repeated.
 */

import { decodeJwt } from "jose";
import { z } from "zod";
import { refused } from "../auth/claims.ts";
import type { Standing } from "../auth/permissions.ts";
import { permissionsOf } from "../channels/explain.ts";
import { Failure } from "../errors.ts";
import { answers } from "./answers.ts";
import { channel, errorBody, milliseconds } from "./schemas.ts";
import type { Api, ApiServices } from "./services.ts";

const question = z
  .strictObject({
    token: z.string().max(16_384).optional().meta({ description: "A session's token or a channel token." }),
    channel: channel.optional(),
  })
  .meta({ id: "Question" });

const verdict = z
  .object({ allowed: z.boolean(), because: z.string().meta({ description: "The reason, as a word." }) })
  .meta({ id: "Verdict" });

const rule = z
  .object({
    match: z
      .string()
      .optional()
      .meta({ description: "Its pattern; absent where no rule of the file is meant." }),
    subscribe: z.string(),
    publish: z.string(),
    presence: z.object({ read: z.string(), events: z.boolean() }).optional(),
    history: z.object({ size: z.number(), ttl: milliseconds("Milliseconds."), read: z.string() }).optional(),
    rate: z.object({ publish: z.number(), burst: z.number() }).optional(),
    latest: z.boolean(),
    conflate: milliseconds("Milliseconds.").optional(),
    personal: z.boolean().meta({ description: "A user's own channel." }),
  })
  .meta({ id: "ResolvedRule" });

const tokenPart = z.object({
  kind: z.enum(["none", "session", "channel"]),
  accepted: z.boolean().meta({ description: "Whether a client would be let in with it now." }),
  error: errorBody.optional().meta({ description: "What the client would be told." }),
  reason: z.string().optional().meta({ description: "Why, which the client is not told." }),
  claims: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: "What it says, whether its signature holds or not." }),
});

const channelPart = z.object({
  channel,
  error: errorBody.optional().meta({ description: "Why it is no channel." }),
  rule: rule.optional(),
  permissions: z
    .array(
      z.object({
        kind: z.enum(["anonymous", "user", "subscriber", "granted", "owner", "bearer"]).meta({
          description: "`granted` has a channel token, `owner` the channel, `bearer` the token asked about.",
        }),
        permissions: z.object({ subscribe: verdict, publish: verdict, presence: verdict, history: verdict }),
      }),
    )
    .optional(),
});

const explanation = z
  .object({ token: tokenPart, channel: channelPart.optional() })
  .meta({ id: "Explanation" });

type TokenPart = z.output<typeof tokenPart>;
type ChannelPart = z.output<typeof channelPart>;

export function explainRoutes(api: Api, services: ApiServices): void {
  api.post(
    "/v1/explain",
    {
      schema: {
        operationId: "explain",
        tags: ["Tokens"],
        summary: "Why a token is let in or not, and what users may do on a channel",
        description: "It changes nothing. The rules are those of the node that answers.",
        body: question,
        response: answers("What would be decided, and why.", explanation),
      },
    },
    async ({ body: { token, channel } }) => {
      const { bearer, ...part } = await explainToken(services, token, channel);
      if (channel === undefined) return { token: part };
      return { token: part, channel: explainChannel(services, channel, bearer) };
    },
  );
}

/** @returns with what the bearer holds on the channel, where the token is good */
async function explainToken(
  { verifier, anonymous }: ApiServices,
  token: string | undefined,
  channel = "",
): Promise<TokenPart & { bearer?: Standing }> {
  if (token === undefined) {
    return anonymous ? { kind: "none", accepted: true } : { kind: "none", ...refusal(refused("no token")) };
  }
  const claims = claimsOf(token);
  const kind = claims?.channel === undefined ? "session" : "channel";
  const part = { kind, ...(claims && { claims }) } as const;
  try {
    const bearer =
      kind === "session"
        ? { ...(await verifier.verify(token)), holds: false }
        : await verifier
            .verifyChannel(token)
            .then((read) => ({ ...read, allow: [], holds: read.channel === channel }));
    const { user, allow, holds } = bearer;
    const subject = { user, anonymous: false, allow };
    return { ...part, accepted: true, bearer: { subject, subscribed: false, channelToken: holds } };
  } catch (error) {
    return { ...part, ...refusal(Failure.of(error)) };
  }
}

function refusal({ body, cause }: Failure): Pick<TokenPart, "accepted" | "error" | "reason"> {
  return { accepted: false, error: body, ...(typeof cause === "string" && { reason: cause }) };
}

function claimsOf(token: string): Record<string, unknown> | undefined {
  try {
    return { ...decodeJwt(token) };
  } catch {
    return undefined;
  }
}

function explainChannel({ rules }: ApiServices, channel: string, bearer: Standing | undefined): ChannelPart {
  try {
    const { rule: _, ...policy } = rules.policyOf(channel);
    const match = rules.patternOf(rules.policyOf(channel));
    const permissions = permissionsOf(channel, rules.policyOf(channel), bearer);
    return { channel, rule: { ...policy, ...(match !== undefined && { match }) }, permissions };
  } catch (error) {
    return { channel, error: Failure.of(error).body };
  }
}
