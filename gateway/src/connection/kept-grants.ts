/*
 * Remembers on this node what backends have granted, for clients that come back without the token that says so. Only
 * `approvals.ts` uses it. It may forget at any time: then a backend is asked once more.
 */

import type { ChannelTokenLife } from "../channels/subscriber.ts";

/** Grants that are kept, the newest; and bytes of presence info in each. */
const most = 10_000;
const mostInfo = 1_024;

interface Kept {
  life: ChannelTokenLife;
  /** Unix milliseconds. */
  until: number;
}

/** The newest grants, by whose they are and the channel. */
export class KeptGrants {
  readonly #kept = new Map<string, Kept>();

  /** @param holder a user, or one connection. @param until Unix milliseconds */
  keep(holder: string, channel: string, life: ChannelTokenLife, until: number): void {
    if (Buffer.byteLength(JSON.stringify(life.hook?.info) ?? "") > mostInfo) return;
    const name = nameOf(holder, channel);
    this.#kept.delete(name);
    this.#kept.set(name, { life, until });
    if (this.#kept.size > most) this.#kept.delete(this.#kept.keys().next().value ?? "");
  }

  /** @param now Unix milliseconds */
  find(holder: string, channel: string, now: number): ChannelTokenLife | undefined {
    const name = nameOf(holder, channel);
    const kept = this.#kept.get(name);
    if (kept && kept.until > now) return kept.life;
    this.#kept.delete(name);
    return undefined;
  }
}

function nameOf(holder: string, channel: string): string {
  return `${holder}\n${channel}`;
}
