import type { SubscriptionsOptions } from "../channels/subscriptions.ts";
import type { JoinerOptions } from "../connection/joiner.ts";
import type { Log } from "../log.ts";

type SubscriptionEvents = Pick<SubscriptionsOptions, "onSubscribed"> &
  Pick<JoinerOptions, "onRefused" | "onUnsubscribed">;

/** What the log has of subscriptions at the level debug. At another one nobody is asked to gather it. */
export function subscriptionLog(log: Log): SubscriptionEvents {
  if (!log.isLevelEnabled("debug")) return {};
  return {
    onSubscribed: ({ id, subject }, outcome) =>
      log.write("subscribed", { connection: id, user: subject.user, ...outcome }),
    onRefused: ({ id, user }, channel, failure) =>
      log.write("subscribe_refused", { connection: id, user, channel, code: failure.code, cause: failure }),
    onUnsubscribed: ({ id, user }, channel, failure) =>
      log.write("unsubscribed", { connection: id, user, channel, code: failure?.code }),
  };
}
