import assert from "node:assert/strict";
import type { Message } from "../../../src/protocol/events.ts";
import type { Data } from "./client.ts";

/** Milliseconds for which a repeated id publishes nothing. */
const idLifetime = 300_000;

export interface Publication {
  channel: string;
  /** Who publishes, and with which id where it has one. */
  by: string;
  id: string | undefined;
  number: number;
  time: number;
}

/** What was acknowledged, as the channels' truth. */
export class Record {
  readonly #numbers = new Map<string, number>();
  readonly #firstUses = new Map<string, { position: string; time: number }>();

  acknowledged({ channel, by, id, number, time }: Publication, position: string | undefined): void {
    assert(position, "what is stored has a position");
    const use = JSON.stringify([channel, by, id]);
    const first = this.#firstUses.get(use);
    if (id !== undefined && first && time - first.time < idLifetime) {
      assert.equal(position, first.position);
      return;
    }
    const place = `${channel} ${position}`;
    assert(!this.#numbers.has(place), "no two publications have one position");
    this.#numbers.set(place, number);
    if (id !== undefined) this.#firstUses.set(use, { position, time });
  }

  /** Throws where somebody was shown what nobody published there. */
  check({ channel, position, data }: Message): void {
    assert.equal((data as Data).number, this.#numbers.get(`${channel} ${position}`));
  }
}
