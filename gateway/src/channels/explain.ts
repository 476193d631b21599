/*
 * Says what each kind of user may do on a channel, and why: what `access.ts` decides, with the word of the rule that
 * decided it. `api/explain.ts` asks; nothing that clients do comes through here.
 */

import { type Action, actions, type Standing } from "../auth/permissions.ts";
import { Failure } from "../errors.ts";
import { ownerOf } from "../protocol/channel-name.ts";
import { authorize, whoMay } from "./access.ts";
import type { ChannelPolicy } from "./rules.ts";

/**
 * Why an action is allowed or not.
 *
 * - `nobody`, `anyone`, `user`, `hook`: the rule says so
 * - `anonymous`: the rule says `user`, and this one has no token
 * - `subscriber`, `not_subscribed`: the rule says `subscriber`
 * - `token`, `channel_token`, `no_grant`: the rule says `token`; its `allow` grants it, a channel token does, nothing does
 * - `own_channel`, `not_yours`, `backends_only`: a user's own channel
 * - `no_history`, `no_presence`: the channel has none
 */
export type Because =
  | "nobody"
  | "anyone"
  | "user"
  | "hook"
  | "anonymous"
  | "subscriber"
  | "not_subscribed"
  | "token"
  | "channel_token"
  | "no_grant"
  | "own_channel"
  | "not_yours"
  | "backends_only"
  | "no_history"
  | "no_presence";

export interface Verdict {
  allowed: boolean;
  because: Because;
}

export type Permissions = Record<Action, Verdict>;

/** Who asks, as a table has it. */
export type Kind = "anonymous" | "user" | "subscriber" | "granted" | "owner" | "bearer";

/** What each kind of user may do. @param bearer the standing of a token that is asked about */
export function permissionsOf(
  channel: string,
  policy: ChannelPolicy,
  bearer?: Standing,
): { kind: Kind; permissions: Permissions }[] {
  const kinds = [...Object.entries(standingsOn(channel, policy)), ...(bearer ? [["bearer", bearer]] : [])];
  return (kinds as [Kind, Standing][]).map(([kind, standing]) => ({
    kind,
    permissions: Object.fromEntries(
      actions.map((action) => [action, verdictOn(action, channel, policy, standing)]),
    ) as Permissions,
  }));
}

/** Names that no user has, so that nobody is taken for somebody. */
const somebody = { user: "", anonymous: false, allow: [] };

function standingsOn(channel: string, { personal }: ChannelPolicy): Partial<Record<Kind, Standing>> {
  const user: Standing = { subject: somebody, subscribed: false, channelToken: false };
  const anonymous = { ...user, subject: { ...somebody, anonymous: true } };
  if (personal) {
    const owner = { ...user, subject: { ...somebody, user: ownerOf(channel) ?? "" }, subscribed: true };
    return { anonymous, user, owner };
  }
  const subscriber = { ...user, subscribed: true };
  return { anonymous, user, subscriber, granted: { ...subscriber, channelToken: true } };
}

function verdictOn(action: Action, channel: string, policy: ChannelPolicy, standing: Standing): Verdict {
  const because = reasonOf(action, channel, policy, standing);
  try {
    authorize(action, channel, policy, standing);
    return { allowed: true, because };
  } catch (error) {
    if (Failure.of(error).code === "internal") throw error;
    return { allowed: false, because };
  }
}

function reasonOf(action: Action, channel: string, policy: ChannelPolicy, standing: Standing): Because {
  const { subject, subscribed, channelToken } = standing;
  if (action === "history" && !policy.history) return "no_history";
  if (action === "presence" && !policy.presence) return "no_presence";
  if (policy.personal) {
    if (action === "publish") return "backends_only";
    return ownerOf(channel) === subject.user ? "own_channel" : "not_yours";
  }
  const who = whoMay(action, policy);
  if (who === "user") return subject.anonymous ? "anonymous" : "user";
  if (who === "subscriber") return subscribed ? "subscriber" : "not_subscribed";
  if (who !== "token") return who;
  if (channelToken) return "channel_token";
  const isGranted = subject.allow.some(({ can, covers }) => can.includes(action) && covers(channel));
  return isGranted ? "token" : "no_grant";
}
