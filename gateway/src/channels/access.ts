/*
 * Decides whether a subject may do an action on a channel, by the channel's policy. The request handlers, the server
 * API and `join-plan.ts` ask it before anything is done. Nothing after it asks again: a call without it would act for
 * everybody.
 */

import { type Action, permit, type Standing } from "../auth/permissions.ts";
import type { Who } from "../config/rules.ts";
import { Failure } from "../errors.ts";
import { ownerOf } from "../protocol/channel-name.ts";
import type { ChannelPolicy } from "./rules.ts";
import type { Subscriber } from "./subscriber.ts";

/** What the rules ask about a subscriber that wants something of a channel. */
export function standingOf({ held, subject }: Subscriber, channel: string): Standing {
  const subscription = held.get(channel);
  return {
    subject,
    subscribed: subscription !== undefined,
    channelToken: subscription?.tokenLife !== undefined,
  };
}

/**
 * Lets an action on a channel pass, or throws. Another user's own channel is `forbidden` whether it exists or
 * not; what a channel does not have is `not_found`.
 */
export function authorize(action: Action, channel: string, policy: ChannelPolicy, standing: Standing): void {
  if (policy.personal) {
    if (ownerOf(channel) !== standing.subject.user || action === "publish") throw new Failure("forbidden");
    if (action === "presence") presenceOf(policy);
    return;
  }
  const verdict = permit(action, whoMay(action, policy), channel, standing);
  if (verdict !== "allowed") throw new Failure(verdict);
}

/** @throws Failure `not_found` where the channel does not have what the action reads */
export function whoMay(action: Action, policy: ChannelPolicy): Who {
  switch (action) {
    case "subscribe":
      return policy.subscribe;
    case "publish":
      return policy.publish;
    case "history":
      return historyOf(policy).read;
    case "presence":
      return presenceOf(policy).read;
  }
}

/** Channels that the subscriber holds and that its present claims do not allow any more. */
export function noLongerAllowed(subscriber: Subscriber): string[] {
  const denied: string[] = [];
  for (const [channel, { feed, granted }] of subscriber.held) {
    if (granted) continue;
    try {
      authorize("subscribe", channel, feed.policy, standingOf(subscriber, channel));
    } catch {
      denied.push(channel);
    }
  }
  return denied;
}

/** @throws Failure `not_found` where the channel keeps none */
export function historyOf(policy: ChannelPolicy) {
  if (!policy.history) throw new Failure("not_found", "This channel keeps no history.");
  return policy.history;
}

/** @throws Failure `not_found` where the channel has none */
export function presenceOf(policy: ChannelPolicy) {
  if (!policy.presence) throw new Failure("not_found", "This channel has no presence.");
  return policy.presence;
}
