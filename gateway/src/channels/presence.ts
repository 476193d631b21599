/*
 * Keeps a subscriber in the presence of the channels that have one. `subscriptions.ts` enters and leaves,
 * `connection/joiner.ts` reports who goes away and who is back. Whatever enters has to leave, or others see a user for
 * as long as the node lives.
 */

import type { PresenceMember, PresencePage, PresenceStore } from "../backplane/ports.ts";
import { pageLimit } from "../protocol/request-schemas.ts";
import type { Feed } from "./feed.ts";
import type { Subscriber } from "./subscriber.ts";

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
  async enter(subscriber: Subscriber, { channel, policy }: Feed): Promise<void> {
    if (!policy.presence || !subscriber.listed) return;
    const { events } = policy.presence;
    const member = memberOf(subscriber);
    if (events) this.#onTold?.(subscriber, channel);
    await this.#store.enter(channel, member, events);
    const { awaySince } = subscriber;
    if (awaySince !== undefined) await this.#store.setAway(channel, member, awaySince, events);
  }

  /** Nothing to do on a channel without presence. */
  async leave(subscriber: Subscriber, { channel, policy }: Feed): Promise<void> {
    if (!policy.presence || !subscriber.listed) return;
    const { events } = policy.presence;
    if (events) this.#onTold?.(subscriber, channel);
    await this.#store.leave(channel, memberOf(subscriber), events);
  }

  /** Reports to all channels that the subscriber has gone away, or is back. All are under way at once. */
  async setAway(subscriber: Subscriber): Promise<void> {
    const member = memberOf(subscriber);
    const changes: Promise<void>[] = [];
    for (const { feed } of subscriber.held.values()) {
      const { channel, policy } = feed;
      if (!policy.presence) continue;
      const { events } = policy.presence;
      if (events) this.#onTold?.(subscriber, channel);
      changes.push(this.#store.setAway(channel, member, subscriber.awaySince, events));
    }
    await Promise.all(changes);
  }

  /** Users in the order of their ids; see `PresenceStore.page`. */
  page(channel: string, limit = pageLimit.usual, cursor?: string): Promise<PresencePage> {
    return this.#store.page(channel, limit, cursor);
  }
}

function memberOf({ id: connection, subject, info }: Subscriber): PresenceMember {
  return info === undefined ? { user: subject.user, connection } : { user: subject.user, connection, info };
}
