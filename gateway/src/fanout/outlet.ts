import type { Socket } from "node:net";

/** Where a connection's bytes leave: whole WebSocket frames, in the order of the writes. */
export interface Outlet {
  write(frames: Buffer): void;
}

/** Counts event-loop turns in which something was written. */
export class Turns {
  #current = 0;
  #counting = false;

  get current(): number {
    if (!this.#counting) {
      this.#counting = true;
      setImmediate(() => {
        this.#counting = false;
        this.#current += 1;
      });
    }
    return this.#current;
  }
}

export interface OutletLimits {
  turns: Turns;
  /** Bytes that may be unsent before a turn's first write. */
  unsentLimit: number;
  onSent(bytes: number): void;
}

/**
 * Writes frames to a TCP socket, and tells when its peer does not keep up. What counts is what was
 * already waiting when the turn began: one large turn is not the reader's fault.
 */
export class SocketOutlet implements Outlet {
  readonly #socket: Socket;
  readonly #limits: OutletLimits;
  readonly #onSlow: () => void;
  #turn = -1;

  constructor(socket: Socket, limits: OutletLimits, onSlow: () => void) {
    this.#socket = socket;
    this.#limits = limits;
    this.#onSlow = onSlow;
  }

  /** Bytes that the peer has not taken yet. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  write(frames: Buffer): void {
    const turn = this.#limits.turns.current;
    if (turn !== this.#turn) {
      this.#turn = turn;
      if (this.unsent > this.#limits.unsentLimit) {
        this.#onSlow();
        return;
      }
    }
    if (!this.#socket.writable) return;
    this.#socket.write(frames);
    this.#limits.onSent(frames.length);
  }
}
