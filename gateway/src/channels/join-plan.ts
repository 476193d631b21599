/*
 * Decides what a subscribe may do before anything is done: which of its channels the subscriber may join, and from
 * where each is to be read. `Subscriptions` calls it once for each frame. Without it the node would subscribe to a
 * channel first and refuse it afterwards.
 */

import type { ReadFrom } from "../backplane/ports.ts";
import { Failure } from "../errors.ts";
import { parsePosition } from "../protocol/position.ts";
import { authorize } from "./access.ts";
import type { ChannelPolicy, Rules } from "./rules.ts";
import type { ChannelTokenLife, Subscriber } from "./subscriber.ts";

export interface JoinRequest {
  channel: string;
  since?: string | undefined;
  /** Bytes of messages that the reply frame may carry; as many as any frame where absent. */
  maxBytes?: number | undefined;
  /** From a verified channel token of this user for this channel. */
  tokenLife?: ChannelTokenLife | undefined;
  /** A backend asks, and no rule is. */
  granted?: boolean;
}

/** A request that is allowed. */
export interface JoinPlan {
  request: JoinRequest;
  policy: ChannelPolicy;
  from: ReadFrom;
}

export interface PlanBounds {
  rules: Pick<Rules, "policyOf">;
  /** Channels a connection may hold. */
  maxChannels: number;
}

/** One plan or failure for each request, in their order; a refused one takes no place of the others. */
export function planJoins(
  subscriber: Subscriber,
  requests: readonly JoinRequest[],
  { rules, maxChannels }: PlanBounds,
): (JoinPlan | Failure)[] {
  const places = new Set(subscriber.held.keys());
  const seen = new Set<string>();
  return requests.map((request) => {
    const { channel } = request;
    try {
      if (seen.has(channel)) throw new Failure("bad_request", "The channel stands here twice.");
      const plan = planOf(subscriber, request, rules.policyOf(channel));
      if (!places.has(channel) && places.size >= maxChannels) {
        throw new Failure("limit_exceeded", `A connection holds at most ${maxChannels} channels.`);
      }
      seen.add(channel);
      places.add(channel);
      return plan;
    } catch (error) {
      return Failure.of(error);
    }
  });
}

function planOf(subscriber: Subscriber, request: JoinRequest, policy: ChannelPolicy): JoinPlan {
  const { channel, since, tokenLife, granted } = request;
  if (!granted) {
    authorize("subscribe", channel, policy, {
      subject: subscriber.subject,
      subscribed: subscriber.held.has(channel),
      // Not that of a subscription that is there: a new one rests on the token that comes with it.
      channelToken: tokenLife !== undefined,
    });
  }
  return { request, policy, from: policy.latest ? "newest" : readFrom(since) };
}

function readFrom(since: string | undefined): ReadFrom {
  if (since === undefined) return "top";
  if (since === "start") return "start";
  // What is no position of ours cannot be continued, like one of an epoch that is gone.
  return parsePosition(since) ?? { epoch: "-", offset: 0 };
}
