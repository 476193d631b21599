/*
 * One channel on this node: where the members of its room stand, and what arrives while somebody joins. The broker
 * gives it the deliveries and `subscriptions.ts` its taps. Without it a newcomer would be sent twice what its reply
 * already had, or would miss what came while the history was read.
 */

import type { Delivery, DeliverySink } from "../backplane/ports.ts";
import type { Position } from "../protocol/position.ts";
import type { ChannelPolicy } from "./rules.ts";

/** The messages that arrive while a newcomer's history is read. */
export interface Tap {
  deliveries: Delivery[];
  /** More arrived than a reply could ever carry, or a delivery was lost: the newcomer has to ask again. */
  overflowed: boolean;
}

/** Deliveries that a tap keeps. A reply carries 300, so a tap that is full can only lead to another request. */
const tapLimit = 1_000;

/** Where the messages go that the members have not had. */
export interface RoomSender {
  /**
   * Sends a message to the members of its channel's room.
   *
   * @param conflate milliseconds: at most one message in that time, the newest
   */
  deliver(delivery: Delivery, conflate?: number): void;
}

/** What the node knows of a channel that somebody here subscribes to. */
export class Feed implements DeliverySink {
  readonly channel: string;
  readonly policy: ChannelPolicy;
  /** Where the members of the room stand; undefined before the first position is known. */
  live: Position | undefined;
  /** Somebody is in the room. */
  occupied = false;
  /** There while somebody joins. */
  #taps: Set<Tap> | undefined;
  readonly #rooms: RoomSender;

  constructor(channel: string, policy: ChannelPolicy, rooms: RoomSender) {
    this.channel = channel;
    this.policy = policy;
    this.#rooms = rooms;
  }

  /**
   * The broker has subscribed. A delivery that was still on its way from an earlier subscription may have set `live`
   * already; the position replaces it where it is newer, since everything after it will be delivered.
   *
   * @param position after which the broker delivers everything
   */
  begin(position: Position): void {
    const { live } = this;
    if (live?.epoch !== position.epoch || live.offset < position.offset) this.live = position;
  }

  /** Deliveries are lost; the next ones come after the position. Whoever is joining has noted a hole. */
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

  receive(delivery: Delivery): void {
    if (!this.advance(delivery) || !this.occupied) return;
    // Only values take each other's place; a presence event is none.
    this.#rooms.deliver(delivery, delivery.position && this.policy.conflate);
  }

  /**
   * Notes a delivery for those who are joining, and moves `live` where it is new.
   *
   * @returns whether the members have not had this delivery yet
   */
  advance(delivery: Delivery): boolean {
    const { position } = delivery;
    if (!position) return true;
    // Before the check: the members may have had it from a reply, while a newcomer's page was read before it came.
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
