import { randomBytes } from "node:crypto";

/** Bytes that the system may have taken for a peer before the peer itself has to show that it reads. */
export const unprovenLimit = 64 * 1024;
/** Looks in a row that find nothing taken. */
const maxStill = 2;

/**
 * Whether a peer takes what it is sent, as it is looked at from time to time. What the system has taken for it says
 * little: that is megabytes for a peer that reads nothing, and frames that come from it prove nothing either. So it is
 * asked to answer a ping that stands behind those bytes, by what only a reader of it knows.
 */
export class ReadProgress {
  #taken = -1;
  #still = 0;
  #proven = 0;
  #asked: { at: number; ping: Buffer } | undefined;

  /**
   * @param written bytes so far
   * @param unsent those of them that the system has not taken
   * @returns what a ping to the peer has to hold, where it is to be asked; "stalled" where it has taken nothing for long
   */
  look(written: number, unsent: number): Buffer | "stalled" | undefined {
    const taken = written - unsent;
    const isStill = unsent > 0 ? taken === this.#taken : this.#asked !== undefined;
    this.#taken = taken;
    this.#still = isStill ? this.#still + 1 : 0;
    if (this.#still >= maxStill) return "stalled";
    if (unsent > 0 || this.#asked || written - this.#proven < unprovenLimit) return undefined;
    this.#asked = { at: written, ping: randomBytes(8) };
    return this.#asked.ping;
  }

  /** @param data of a ping that the peer has answered */
  answered(data: Buffer): void {
    if (!this.#asked?.ping.equals(data)) return;
    this.#proven = this.#asked.at;
    this.#asked = undefined;
    this.#still = 0;
  }
}
