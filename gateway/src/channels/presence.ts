import type { PresenceMember, PresencePage, PresenceStore } from "../cluster/ports.ts";
import type { Feed } from "./feed.ts";
import type { Subscriber } from "./subscriber.ts";

const pageLimit = 1_000;

/** Keeps who is in the channels that have presence. */
export class Presence {
  readonly #store: PresenceStore;

  constructor(store: PresenceStore) {
    this.#store = store;
  }

  async enter(subscriber: Subscriber, { channel, policy }: Feed): Promise<void> {
    if (!policy.presence) return;
    const member = memberOf(subscriber);
    await this.#store.enter(channel, member, policy.presence.events);
    if (subscriber.away) await this.#store.setAway(channel, member, true, policy.presence.events);
  }

  async leave(subscriber: Subscriber, { channel, policy }: Feed): Promise<void> {
    if (policy.presence) await this.#store.leave(channel, memberOf(subscriber), policy.presence.events);
  }

  async setAway(subscriber: Subscriber, away: boolean): Promise<void> {
    const changes: Promise<void>[] = [];
    for (const { feed } of subscriber.held.values()) {
      const { channel, policy } = feed;
      if (!policy.presence) continue;
      changes.push(this.#store.setAway(channel, memberOf(subscriber), away, policy.presence.events));
    }
    await Promise.all(changes);
  }

  page(channel: string, limit = 100, cursor?: string): Promise<PresencePage> {
    return this.#store.page(channel, Math.min(limit, pageLimit), cursor);
  }
}

function memberOf({ connection, subject, info }: Subscriber): PresenceMember {
  return info === undefined ? { user: subject.user, connection } : { user: subject.user, connection, info };
}
