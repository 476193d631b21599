/*
 * The last step of everything that a connection is sent. Rooms, acknowledgements and pings all come through here, so
 * their order on the wire is the order of the calls. It is also where a client that does not read is noticed, and
 * dropped before it fills the node's memory.
 */

import type { Socket } from "node:net";
import type { Dialect } from "./dialect.ts";
import { controlFrame } from "./frame.ts";
import { ReadProgress, unprovenLimit } from "./read-progress.ts";
import type { Turn } from "./turn.ts";

/** Where a connection's bytes leave: whole WebSocket frames, in the order of the writes. */
export abstract class Outlet {
  /** What the frames are written in. */
  get dialect(): Dialect {
    return "socketio";
  }

  abstract append(frames: Buffer): void;
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
 * Bytes that may wait while more is made ready for the client alone. They are more than a socket takes before it says
 * that it has drained, and with the largest reply less than the least that a slow peer is dropped for by default.
 */
const fullAbove = 256 * 1024;

/** Bytes of one write that a slow link may carry for longer than an answer to a ping is waited for. */
const largeAbove = 64 * 1024;

/** Those who wait for the peer to take what it was sent. */
interface Waiters {
  check(): void;
  resumes: (() => void)[];
}

const pingOpcode = 9;

/**
 * Collects what a connection is sent within one turn of the event loop, and writes it to the TCP socket once.
 * It tells when the peer does not keep up: what counts is what was waiting before the turn's own bytes, since
 * one large turn is not the reader's fault.
 */
export abstract class SocketOutlet extends Outlet {
  /** A large write has left, and nothing has come back since: the answer to a ping may wait behind it. */
  largeUnderWay = false;
  readonly #socket: Socket;
  readonly #limits: OutletLimits;
  #pending: Buffer | Buffer[] | undefined;
  #pendingBytes = 0;
  #waiters: Waiters | undefined;
  /** There once the peer has been sent much. */
  #progress: ReadProgress | undefined;

  constructor(socket: Socket, limits: OutletLimits) {
    super();
    this.#socket = socket;
    this.#limits = limits;
  }

  /** The peer does not keep up: it has to be dropped. */
  protected abstract onSlow(): void;

  /** Bytes that the peer has not taken yet. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  /** So much waits, this turn's bytes included, that nothing should be added for this client alone. */
  get full(): boolean {
    return this.#pendingBytes + this.unsent > fullAbove;
  }

  /** Calls back once it is not full any more, or once its connection has ended; only while it is full. */
  whenDrained(resume: () => void): void {
    if (this.#waiters) {
      this.#waiters.resumes.push(resume);
      return;
    }
    const check = () => {
      if (!this.full) this.release();
    };
    this.#waiters = { check, resumes: [resume] };
    this.#socket.on("drain", check);
  }

  /** Lets go on who waits for it to drain. */
  protected release(): void {
    const waiters = this.#waiters;
    if (!waiters) return;
    this.#waiters = undefined;
    this.#socket.removeListener("drain", waiters.check);
    for (const resume of waiters.resumes) resume();
  }

  /** Looks, at each heartbeat, whether the peer takes what it is sent, and drops it where it has stopped to. */
  lookAtReader(): void {
    const { bytesWritten } = this.#socket;
    if (!this.#progress && bytesWritten < unprovenLimit) return;
    this.#progress ??= new ReadProgress();
    const found = this.#progress.look(bytesWritten, this.unsent);
    if (found === "stalled") this.#drop(0);
    else if (found) this.append(controlFrame(pingOpcode, found));
  }

  /** The peer has answered a ping of its WebSocket. */
  protected notePong(data: Buffer): void {
    this.#progress?.answered(data);
  }

  append(frames: Buffer): void {
    this.#pendingBytes += frames.length;
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
    this.#pendingBytes = 0;
    if (!this.#socket.writable) return;
    const frames = Array.isArray(pending) ? Buffer.concat(pending) : pending;
    if (this.unsent > this.#limits.unsentLimit) {
      this.#drop(frames.length);
      return;
    }
    // Where a room keeps writing, the socket may never be empty, which alone it would say by itself.
    this.#socket.write(frames, this.#waiters?.check);
    if (frames.length > largeAbove) this.largeUnderWay = true;
    // A new connection's socket is corked, so that the answer to its upgrade leaves in this same write.
    if (this.#socket.writableCorked > 0) this.#socket.uncork();
    this.#limits.onSent(frames.length);
  }

  /** @param more bytes than those that wait already */
  #drop(more: number): void {
    this.#limits.onDropped(this.unsent + more);
    this.onSlow();
  }
}
