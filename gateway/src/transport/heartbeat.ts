import type { Dialect } from "../fanout/dialect.ts";

/** A connection of any dialect, as the engine keeps it. */
export interface EngineMember {
  readonly dialect: Dialect;
  /** Bytes that the peer has not taken yet. */
  readonly unsent: number;
  /** The tick at which the unanswered ping was sent; 0 while none is. */
  pingedAt: number;
  /** A large frame is on its way to it, behind which a ping waits; on a slow link for longer than the timeout. */
  readonly largeUnderWay: boolean;
  /** The slot that it is in. */
  slot: number;
  /** Set by the engine, to let go of the connection when it ends. */
  onEnd: ((member: EngineMember) => void) | undefined;
  /** It is not read on before it has taken its answers: a sign of life may wait unread. */
  readonly choked: boolean;
  /** Drops the peer where it has stopped to take what it is sent. */
  lookAtReader(): void;
  ping(): void;
  /** Nothing came in time. */
  expire(): void;
  /** Sends what is still to be sent, then ends it in the way from which its client comes back. */
  sendAway(): void;
}

export interface HeartbeatOptions {
  /** Milliseconds from one ping to the next. */
  interval: number;
  /** Milliseconds in which a sign of life must follow a ping. */
  timeout: number;
}

/** Ticks in an interval, where that is not finer than a second. */
const resolution = 25;

/**
 * One timer for the pings of all connections: a ring of slots, each pinged once a round. Two timers for each
 * connection would take more memory than anything else that Engine.IO keeps of it.
 */
export class Heartbeat {
  readonly #slots: Set<EngineMember>[];
  readonly #timeoutTicks: number;
  /** Milliseconds. */
  readonly #interval: number;
  #timer: NodeJS.Timeout | undefined;
  #tick = 1;

  constructor({ interval, timeout }: HeartbeatOptions) {
    const tick = Math.max(Math.min(interval / resolution, 1_000), 10);
    this.#slots = Array.from({ length: Math.max(1, Math.round(interval / tick)) }, () => new Set());
    this.#timeoutTicks = Math.max(1, Math.ceil(timeout / tick));
    this.#interval = tick;
  }

  start(): void {
    this.#timer = setInterval(() => this.#beat(), this.#interval).unref();
  }

  add(socket: EngineMember): void {
    socket.slot = this.#tick % this.#slots.length;
    this.#slots[socket.slot]?.add(socket);
  }

  remove(socket: EngineMember): void {
    this.#slots[socket.slot]?.delete(socket);
  }

  /** All connections. */
  *sockets(): Generator<EngineMember> {
    for (const slot of this.#slots) yield* slot;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    this.#tick += 1;
    const { length } = this.#slots;
    for (const socket of this.#slots[this.#tick % length] ?? []) this.#ping(socket);
    const overdue = (((this.#tick - this.#timeoutTicks) % length) + length) % length;
    for (const socket of this.#slots[overdue] ?? []) {
      const isOverdue = socket.pingedAt > 0 && this.#tick - socket.pingedAt >= this.#patienceWith(socket);
      if (isOverdue && !socket.choked) socket.expire();
    }
  }

  /** Ticks. What lies in the system's buffers cannot be seen, so a large frame is worth another interval. */
  #patienceWith({ largeUnderWay }: EngineMember): number {
    return this.#timeoutTicks + (largeUnderWay ? this.#slots.length : 0);
  }

  #ping(socket: EngineMember): void {
    socket.lookAtReader();
    if (socket.pingedAt > 0) return;
    socket.pingedAt = this.#tick;
    socket.ping();
  }
}
