/*
 * Keeps a subscriber in the presence of the channels that have one. `subscriptions.ts` enters, leaves and ends,
 * `connection/joiner.ts` reports who goes away and who is back. Whatever enters has to leave, or others see a user for
 * as long as the node lives.
 */

import type { PresenceManner, PresenceMember, PresencePage, PresenceStore } from "../backplane/ports.ts";
import { pageLimit } from "../protocol/request-schemas.ts";
import type { Feed } from "./feed.ts";
import type { ChannelPolicy } from "./rules.ts";
import type { Subscriber } from "./subscriber.ts";

/** Milliseconds between two events of one user in a channel; more where the rule's rate says so. */
const usualPace = 1_000;
/** Milliseconds for which a user may be away without a connection: phones end what is in the background. */
const longestHold = 30 * 60_000;

/** Keeps who is in the channels that have presence. */
export class Presence {
  readonly #store: PresenceStore;
  readonly #onTold: ((subscriber: Subscriber, channel: string) => void) | undefined;

  /** @param onTold is called for each change that the members of a channel with events may hear of */
  constructor(store: PresenceStore, onTold?: (subscriber: Subscriber, channel: string) => void) {
    this.#store = store;
    this.#onTold = onTold;
  }

  /** A subscriber whose app is away enters as away: nobody sees it come online for a moment. */
  async enter(subscriber: Subscriber, { channel, policy }: Feed, info = subscriber.info): Promise<void> {
    if (!policy.presence || !subscriber.listed) return;
    const member = { ...memberOf(subscriber, info), awaySince: subscriber.awaySince };
    if (policy.presence.events) this.#onTold?.(subscriber, channel);
    await this.#store.enter(channel, member, mannerOf(subscriber, policy));
  }

  /** Nothing to do on a channel without presence. */
  async leave(subscriber: Subscriber, { channel, policy }: Feed): Promise<void> {
    if (!policy.presence || !subscriber.listed) return;
    if (policy.presence.events) this.#onTold?.(subscriber, channel);
    await this.#store.leave(channel, memberOf(subscriber), mannerOf(subscriber, policy));
  }

  /** A subscriber has ended. Unless it leaves, its user may come back at once. */
  async end(subscriber: Subscriber, { channel, policy }: Feed): Promise<void> {
    if (!policy.presence || !subscriber.listed) return;
    const action = subscriber.leaves ? "leave" : "end";
    if (policy.presence.events) this.#onTold?.(subscriber, channel);
    await this.#store[action](channel, memberOf(subscriber), mannerOf(subscriber, policy));
  }

  /** Reports to all channels that the subscriber has gone away, or is back. All are under way at once. */
  async setAway(subscriber: Subscriber): Promise<void> {
    const member = memberOf(subscriber);
    const changes: Promise<void>[] = [];
    for (const { feed } of subscriber.held.values()) {
      const { channel, policy } = feed;
      if (!policy.presence) continue;
      const manner = mannerOf(subscriber, policy);
      if (manner.announce) this.#onTold?.(subscriber, channel);
      changes.push(this.#store.setAway(channel, member, subscriber.awaySince, manner));
    }
    await Promise.all(changes);
  }

  /** Users in the order of their ids; see `PresenceStore.page`. */
  page(channel: string, limit = pageLimit.usual, cursor?: string): Promise<PresencePage> {
    return this.#store.page(channel, limit, cursor);
  }
}

/** Where it leaves or goes away, what it entered with counts. */
function memberOf(subscriber: Subscriber, info = subscriber.info): PresenceMember {
  const { id: connection, subject } = subscriber;
  return info === undefined ? { user: subject.user, connection } : { user: subject.user, connection, info };
}

/**
 * Each change goes to every subscriber, so a crowd whose apps come and go would cost the channel more than its messages do.
 * Nobody comes back as the same anonymous user.
 */
function mannerOf({ subject }: Subscriber, { presence, rate }: ChannelPolicy): PresenceManner {
  const linger = subject.anonymous ? 0 : (presence?.linger ?? 0);
  return {
    announce: presence?.events ?? false,
    pace: Math.max(usualPace, rate ? 1_000 / rate.publish : 0),
    linger,
    hold: linger > 0 ? longestHold : 0,
  };
}
