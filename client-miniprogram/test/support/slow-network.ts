import { internet, type ManualClock, type Network } from "../../testing/index.ts";

/** A link that carries so much and no more, one connection after the other's bytes. Time on it is the clock's. */
export class SlowLink {
  /** Bytes that have come over it so far, those of connections that were given up included. */
  carried = 0;
  readonly #clock: ManualClock;
  readonly #rate: number;
  readonly #delay: number;
  #freeAt = 0;

  /** @param options bits in a second, and milliseconds of a round trip */
  constructor(clock: ManualClock, { bits, roundTrip = 200 }: { bits: number; roundTrip?: number }) {
    this.#clock = clock;
    this.#rate = bits / 8 / 1_000;
    this.#delay = roundTrip / 2;
  }

  readonly network: Network = (url, events, options) => {
    let closed = false;
    const later = (bytes: number, task: () => void) => {
      const begins = Math.max(this.#clock.now(), this.#freeAt);
      this.#freeAt = begins + bytes / this.#rate;
      this.#clock.setTimeout(
        () => {
          if (closed) return;
          this.carried += bytes;
          task();
        },
        this.#freeAt + this.#delay - this.#clock.now(),
      );
    };
    const wire = internet(
      url,
      {
        open: () => later(300, () => events.open()),
        message: (data) =>
          later(typeof data === "string" ? Buffer.byteLength(data) : data.byteLength, () =>
            events.message(data),
          ),
        close: (code, reason) => later(0, () => events.close(code, reason)),
        error: (message) => later(0, () => events.error(message)),
      },
      options,
    );
    return {
      send: (data) => void this.#clock.setTimeout(() => wire.send(data), this.#delay),
      close: (code, reason) => {
        // What the link still carries of it is carried in vain.
        const left = Math.max(0, this.#freeAt - this.#clock.now()) * this.#rate;
        this.carried += left;
        closed = true;
        this.#freeAt = this.#clock.now();
        wire.close(code, reason);
      },
    };
  };
}
