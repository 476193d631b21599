import type { PresenceMember, PresencePage, PresenceStore } from "../backplane/ports.ts";
import { pageLimit } from "../protocol/request-schemas.ts";
import type { Feed } from "./feed.ts";
import type { Subscriber } from "./subscriber.ts";

/** Keeps who is in the channels that have presence. */
export class Presence {
  readonly #store: PresenceStore;

  constructor(store: PresenceStore) {
    this.#store = store;
  }

  async enter(subscriber: Subscriber, { channel, policy }: Feed): Promise<void> {
    if (!policy.presence) return;
    const { events } = policy.presence;
    const member = memberOf(subscriber);
    await this.#store.enter(channel, member, events);
    const { awaySince } = subscriber;
    if (awaySince !== undefined) await this.#store.setAway(channel, member, awaySince, events);
  }

  async leave(subscriber: Subscriber, { channel, policy }: Feed): Promise<void> {
    if (policy.presence) await this.#store.leave(channel, memberOf(subscriber), policy.presence.events);
  }

  /** Tells all channels that the subscriber has gone away, or is back. */
  async setAway(subscriber: Subscriber): Promise<void> {
    const member = memberOf(subscriber);
    const changes: Promise<void>[] = [];
    for (const { feed } of subscriber.held.values()) {
      const { channel, policy } = feed;
      if (!policy.presence) continue;
      changes.push(this.#store.setAway(channel, member, subscriber.awaySince, policy.presence.events));
    }
    await Promise.all(changes);
  }

  page(channel: string, limit = pageLimit.usual, cursor?: string): Promise<PresencePage> {
    return this.#store.page(channel, limit, cursor);
  }
}

function memberOf({ id: connection, subject, info }: Subscriber): PresenceMember {
  return info === undefined ? { user: subject.user, connection } : { user: subject.user, connection, info };
}
