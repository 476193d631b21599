/*
 * The order at the end of a turn of the event loop: first rooms, then outlets. With the outlets first, what the rooms
 * add would leave a turn later.
 */

interface Flushable {
  flush(): void;
}

/**
 * The end of the event loop's turn: rooms hand their batches to the outlets of their members, then each outlet
 * writes once. The busier the node, the more there is in a turn.
 */
export class Turn {
  readonly #rooms: (() => void)[] = [];
  readonly #delay: number;
  #outlets: Flushable[] = [];
  #scheduled = false;
  #roomsScheduled = false;
  #roomsFlushed = 0;

  /** @param delay milliseconds that two flushes of rooms are apart while messages keep coming; a lone one never waits */
  constructor(delay = 0) {
    this.#delay = delay;
  }

  /** Has the outlet flushed at the end of this turn. */
  flushAtEnd(outlet: Flushable): void {
    this.#outlets.push(outlet);
    this.#schedule();
  }

  /** Calls back at the end of this turn, before the outlets are flushed; later while the loop is busy and a delay is set. */
  atEnd(flushRooms: () => void): void {
    this.#rooms.push(flushRooms);
    const wait = this.#delay === 0 ? 0 : this.#roomsFlushed + this.#delay - performance.now();
    if (wait <= 0) {
      this.#schedule();
      return;
    }
    if (this.#roomsScheduled) return;
    this.#roomsScheduled = true;
    setTimeout(() => this.#end(true), wait);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#end(!this.#roomsScheduled);
    });
  }

  #end(withRooms: boolean): void {
    if (withRooms) {
      this.#roomsScheduled = false;
      if (this.#delay > 0 && this.#rooms.length > 0) this.#roomsFlushed = performance.now();
      for (const flushRooms of this.#rooms.splice(0)) flushRooms();
    }
    const outlets = this.#outlets;
    this.#outlets = [];
    for (const outlet of outlets) outlet.flush();
  }
}
