import type { Socket } from "node:net";
import type { Turn } from "./turn.ts";

/** Where a connection's bytes leave: whole WebSocket frames, in the order of the writes. */
export interface Outlet {
  append(frames: Buffer): void;
}

export interface OutletLimits {
  turn: Turn;
  /** Bytes that may be unsent when a turn ends, before its own are written. */
  unsentLimit: number;
  onSent(bytes: number): void;
  /** What a peer that does not keep up is not sent any more. */
  onDropped(bytes: number): void;
}

/**
 * Collects what a connection is sent within one turn of the event loop, and writes it to the TCP socket once.
 * It tells when the peer does not keep up: what counts is what was waiting before the turn's own bytes, since
 * one large turn is not the reader's fault.
 */
export abstract class SocketOutlet implements Outlet {
  readonly #socket: Socket;
  readonly #limits: OutletLimits;
  #pending: Buffer | Buffer[] | undefined;

  constructor(socket: Socket, limits: OutletLimits) {
    this.#socket = socket;
    this.#limits = limits;
  }

  /** The peer does not keep up: it has to be dropped. */
  protected abstract onSlow(): void;

  /** Bytes that the peer has not taken yet. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  append(frames: Buffer): void {
    if (this.#pending === undefined) {
      this.#pending = frames;
      this.#limits.turn.flushAtEnd(this);
    } else if (Array.isArray(this.#pending)) this.#pending.push(frames);
    else this.#pending = [this.#pending, frames];
  }

  /** Writes what has been collected. */
  flush(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    if (!this.#socket.writable) return;
    const frames = Array.isArray(pending) ? Buffer.concat(pending) : pending;
    if (this.unsent > this.#limits.unsentLimit) {
      this.#limits.onDropped(this.unsent + frames.length);
      this.onSlow();
      return;
    }
    this.#socket.write(frames);
    // A new connection's socket is corked, so that the answer to its upgrade leaves in this same write.
    if (this.#socket.writableCorked > 0) this.#socket.uncork();
    this.#limits.onSent(frames.length);
  }
}
