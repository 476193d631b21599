/*
 * What a rule's word comes to for one subject. `channels/access.ts` is the only caller of `permit`; nothing here knows
 * of channels' policies or of connections.
 */

import type { Who } from "../config/rules.ts";
import { hasNameCharacters } from "../protocol/channel-name.ts";
import { compilePattern } from "./patterns.ts";

export const actions = ["subscribe", "publish", "presence", "history"] as const;

export type Action = (typeof actions)[number];

/** An entry of a token's `allow` claim, as it is written. */
export interface GrantClaim {
  channels: readonly string[];
  can: readonly Action[];
}

/** An entry of `allow` with its patterns compiled. */
export interface Grant extends GrantClaim {
  covers(channel: string): boolean;
}

/** Who asks. */
export interface Subject {
  user: string;
  anonymous: boolean;
  allow: readonly Grant[];
}

/** Who asks, and what it holds on the channel that it asks about. */
export interface Standing {
  subject: Subject;
  subscribed: boolean;
  /** A valid channel token of this user for this channel is held. */
  channelToken: boolean;
}

export type Decision = "allowed" | "forbidden" | "not_subscribed";

export const anonymousPrefix = "anon:";

const maxUserBytes = 240;

/** Whether the text may be an authenticated user's id: 1–240 bytes, fit for a channel name, not `anon:…`. */
export function isUserId(text: string): boolean {
  if (text.length === 0 || text.length > maxUserBytes) return false;
  if (text.startsWith(anonymousPrefix) || !hasNameCharacters(text)) return false;
  return Buffer.byteLength(text) <= maxUserBytes;
}

/** Done once a token, so that deciding compiles nothing. */
export function createGrant({ channels, can }: GrantClaim): Grant {
  const matchers = channels.map(compilePattern);
  return { channels, can, covers: (channel) => matchers.some((matches) => matches(channel)) };
}

/** What a rule that lets `who` do the action comes to. Personal channels have no rule; they are the caller's. */
export function permit(action: Action, who: Who, channel: string, standing: Standing): Decision {
  const { subject } = standing;
  switch (who) {
    case "nobody":
      return "forbidden";
    case "anyone":
      return "allowed";
    case "user":
      return subject.anonymous ? "forbidden" : "allowed";
    case "subscriber":
      return standing.subscribed ? "allowed" : "not_subscribed";
    case "hook":
      // The backend's answer is held as a channel token is. Each publication is a question of its own.
      return action === "subscribe" && standing.channelToken ? "allowed" : "forbidden";
    case "token":
      return standing.channelToken || isGranted(action, subject, channel) ? "allowed" : "forbidden";
  }
}

function isGranted(action: Action, subject: Subject, channel: string): boolean {
  return subject.allow.some((grant) => grant.can.includes(action) && grant.covers(channel));
}
