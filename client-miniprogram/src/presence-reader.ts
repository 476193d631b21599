/*
 * Fills the rosters of channels whose pages asked for `presence: true`, and keeps them in step. Tide calls it when a
 * channel is live and when a presence event arrives. A roster is read again after each reconnect: events that were
 * missed are in no history.
 */

import type { TideError } from "./errors.ts";
import type { PresenceChange, PresenceEvent, PresenceReply } from "./protocol.ts";
import { Roster } from "./roster.ts";
import type { Session } from "./session.ts";
import type { Holder, Subscription } from "./subscription.ts";

const answerPatience = 10_000;
/** Users in one page of a reading; the gateway gives up to 1,000. */
const page = 200;

/** Keeps the rosters of the channels whose pages want one. */
export class PresenceReader {
  readonly #session: () => Session | undefined;
  readonly #refused: (channel: string, error: TideError, heard: boolean) => void;

  /**
   * @param session is the one that is online
   * @param refused is called where the gateway refuses the presence; `heard`: whether a page listens to that
   */
  constructor(
    session: () => Session | undefined,
    refused: (channel: string, error: TideError, heard: boolean) => void,
  ) {
    this.#session = session;
    this.#refused = refused;
  }

  /** A page wants to know who is in the channel. */
  follow(subscription: Subscription, holder: Holder): void {
    if (subscription.roster) {
      // It can listen only once it has its channel.
      if (subscription.roster.known) Promise.resolve().then(() => holder.presence());
      return;
    }
    subscription.roster = new Roster();
    if (subscription.phase === "live") this.read(subscription);
  }

  /** The channel is live, for the first time or again. */
  read(subscription: Subscription): void {
    const { channel, roster, holders } = subscription;
    const session = this.#session();
    if (!roster || !session) return;
    roster
      .read((cursor) =>
        session.request<PresenceReply>("presence", { channel, limit: page, cursor }, answerPatience),
      )
      .then(
        (complete) => {
          if (complete) for (const holder of Array.from(holders)) holder.presence();
        },
        // Of a lost connection the next one makes up.
        (error: TideError) => {
          if (session === this.#session()) this.#refused(channel, error, subscription.report(error));
        },
      );
  }

  changed(subscription: Subscription | undefined, event: PresenceEvent, change: PresenceChange): void {
    if (!subscription?.roster?.apply(event, change)) return;
    for (const holder of Array.from(subscription.holders)) holder.presence();
  }
}

export function isPresence(name: string): name is PresenceEvent {
  return name === "joined" || name === "left" || name === "away" || name === "back";
}
