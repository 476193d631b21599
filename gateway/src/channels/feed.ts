import type { Delivery } from "../backplane/ports.ts";
import type { Position } from "../protocol/position.ts";
import type { ChannelPolicy } from "./rules.ts";

/** Messages that arrive while a newcomer's history is read; see `Subscriptions`. */
export interface Tap {
  deliveries: Delivery[];
  /** More arrived than a reply could ever carry, or some is lost; the newcomer has to ask again. */
  overflowed: boolean;
}

const tapLimit = 1_000;

/** What the node knows of a channel that somebody here subscribes to. */
export class Feed {
  readonly channel: string;
  readonly policy: ChannelPolicy;
  /** Where the members of the room stand; undefined before the first position is known. */
  live: Position | undefined;
  /** Somebody is in the room. */
  occupied = false;
  /** There while somebody joins. */
  #taps: Set<Tap> | undefined;

  constructor(channel: string, policy: ChannelPolicy) {
    this.channel = channel;
    this.policy = policy;
  }

  /** @param position behind which all deliveries come; one from when the channel was heard before may stand below it */
  begin(position: Position): void {
    const { live } = this;
    if (live?.epoch !== position.epoch || live.offset < position.offset) this.live = position;
  }

  /** Deliveries are lost; they go on behind the position. */
  lose(resumed: Position): void {
    this.live = resumed;
    for (const tap of this.#taps ?? []) tap.overflowed = true;
  }

  tap(): Tap {
    const tap: Tap = { deliveries: [], overflowed: false };
    this.#taps ??= new Set();
    this.#taps.add(tap);
    return tap;
  }

  untap(tap: Tap): void {
    this.#taps?.delete(tap);
    if (this.#taps?.size === 0) this.#taps = undefined;
  }

  /** @returns whether the members have not had this delivery yet */
  advance(delivery: Delivery): boolean {
    const { position } = delivery;
    if (!position) return true;
    // Before the check: what the members had from a reply, a newcomer whose page is older may still miss.
    for (const tap of this.#taps ?? []) this.#fill(tap, delivery);
    // The backplane has checked the order already, where it is Redis. This check drops what the members had from a reply.
    const { live } = this;
    if (live && live.epoch === position.epoch && position.offset <= live.offset) return false;
    this.live = position;
    return true;
  }

  #fill(tap: Tap, delivery: Delivery): void {
    if (this.policy.latest) tap.deliveries = [delivery];
    else if (tap.deliveries.length < tapLimit && !tap.overflowed) tap.deliveries.push(delivery);
    else tap.overflowed = true;
  }
}
