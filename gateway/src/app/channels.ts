/*
 * Wires the channels room: who may do what, what is kept, who is there. `core.ts` calls it once the backplane and the
 * sockets are there, since both are what these act on.
 */

import type { Backplane } from "../backplane/ports.ts";
import { Feeds, type Rooms } from "../channels/feeds.ts";
import { History } from "../channels/history.ts";
import { Presence } from "../channels/presence.ts";
import { Publisher } from "../channels/publish.ts";
import { Rules } from "../channels/rules.ts";
import { Subscriptions } from "../channels/subscriptions.ts";
import type { Meter } from "../meter.ts";
import type { Context } from "./context.ts";
import { subscriptionLog } from "./subscription-log.ts";

interface ChannelsOptions {
  backplane: Backplane;
  rooms: Rooms;
  /** How many connections of this node are in the room. */
  members(room: string): number;
  meter: Meter;
}

/** What can be done with channels, whoever asks. */
export function createChannels(context: Context, options: ChannelsOptions) {
  const { config, log, rules: given, now, accounts } = context;
  const { backplane, rooms, members, meter } = options;
  const { broker } = backplane;
  const { maxChannels, maxChannelName, maxDepth, maxPayload: maxBytes } = config;
  const rules = new Rules(given, maxChannelName);
  const feeds = new Feeds({ broker, rooms, policyOf: (room) => rules.policyOfRoom(room) });
  const presence = new Presence(backplane.presence, ({ subject }, channel) =>
    accounts.chargeTold(subject.user, members(channel)),
  );
  const history = new History(broker);
  const publisher = new Publisher({ rules, broker, meter, now, maxDepth, maxBytes });
  const subscriptions = new Subscriptions({
    rules,
    broker,
    feeds,
    presence,
    meter,
    maxChannels,
    ...subscriptionLog(log),
  });
  return { rules, feeds, presence, history, publisher, subscriptions };
}

export type Channels = ReturnType<typeof createChannels>;
