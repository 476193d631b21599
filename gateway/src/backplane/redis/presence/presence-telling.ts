/*
 * Owns what the scripts of presence are given so that they tell hooks: of a channel whether anybody is there, of the
 * gateway's users all that becomes of them. RedisPresence and the sweeper ask it for each call; without it a change would
 * be made, and nobody told.
 */

import { personalChannel } from "../../../protocol/channel-name.ts";
import type { PresenceMember } from "../../ports.ts";
import type { Keys } from "../keys.ts";
import type { Leases } from "../nodes/leases.ts";
import type { Telling, TellingPart } from "../tidings/telling.ts";

/** What presence knows of the nodes' leases. */
export type PresenceLeases = Pick<Leases, "held" | "current" | "live" | "lapsed" | "allUnderstand">;

/** What is said of a connection where it counts as one of the gateway's user, and not as in a channel. */
export interface Visit {
  /** Unix milliseconds of the connect. */
  since: number;
  /** Unix milliseconds when it was last heard, or 0. */
  heard: number;
  /** Why it has ended, or nothing. */
  code: string;
}

/** Of the gateway's users, `info` is an object. */
export type Member = PresenceMember & { visit?: Visit };

/** Of changes, and of sweeps. */
export class PresenceTelling {
  readonly #telling: Telling;
  readonly #keys: Keys;
  readonly #leases: Pick<PresenceLeases, "lapsed">;

  constructor(telling: Telling, { keys, leases }: { keys: Keys; leases: Pick<PresenceLeases, "lapsed"> }) {
    this.#telling = telling;
    this.#keys = keys;
    this.#leases = leases;
  }

  /** @param place as `Keys.presence` takes it. @returns undefined where nobody hears of it */
  ofChange(place: string, { user, visit }: Member): TellingPart | undefined {
    if (!this.#keys.isUsers(place)) return this.#ofChannel(place);
    const { settle, connectionsPerUser: limit = 0 } = this.#telling.options;
    const part = this.#telling.ofUsers(this.#keys.tagOf(place));
    const { since = 0, heard = 0, code = "" } = visit ?? {};
    const lapsed = limit > 0 ? this.#leases.lapsed.map(({ lease }) => lease) : [];
    return {
      ...part,
      keys: [this.#keys.stream(personalChannel(user)), ...part.keys],
      args: ["users", settle, ...part.args, since, heard, code, limit, ...lapsed],
    };
  }

  ofSweep(place: string): TellingPart | undefined {
    if (!this.#keys.isUsers(place)) return this.#ofChannel(place);
    const { settle, silence } = this.#telling.options;
    const tag = this.#keys.tagOf(place);
    const part = this.#telling.ofUsers(tag);
    // In the place of a user's own stream, which a sweep of many users does not read.
    const keys = [this.#keys.occupied(tag), ...part.keys];
    return { ...part, keys, args: ["users", settle, ...part.args, silence] };
  }

  /** As `Telling.prepare`. */
  async prepare(part: TellingPart | undefined): Promise<void> {
    if (part) await this.#telling.prepare(part.tag);
  }

  added(part: TellingPart | undefined): void {
    if (part) this.#telling.added(part.tag);
  }

  #ofChannel(channel: string): TellingPart | undefined {
    const part = this.#telling.ofOccupancy(channel);
    if (!part) return undefined;
    const { settle } = this.#telling.options;
    const keys = [this.#keys.occupied(channel), ...part.keys];
    return { ...part, keys, args: [channel, settle, ...part.args] };
  }
}
