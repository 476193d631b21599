/*
 * The order of one connection's work. The dispatcher queues requests here, and whatever the gateway does to the
 * connection by itself. Two subscribes of one connection must never overlap, and a client that does not read its
 * answers must not be given more.
 */

import { Failure } from "../errors.ts";
import { weightOf } from "../protocol/json.ts";
import type { Held } from "./questions.ts";

/** How fast a client takes what it is sent. */
export interface Backpressure {
  /** It has so much left to take that its next request should wait. */
  readonly full: boolean;
  /** Calls back once it is not full any more, or once the connection has ended. */
  whenDrained(resume: () => void): void;
}

/** Whose work it is. */
export interface Session {
  readonly wire: Backpressure;
  readonly ended: boolean;
}

type Work = () => Promise<void>;

/** Requests of one connection that may be under way or wait. */
const requestLimit = 256;
/** Bytes in memory, roughly, of the requests that wait; one more may come on top. */
const weightLimit = 1_048_576;

/**
 * The order in which the work of one connection begins. What follows an exclusive work waits for it to end. A client's
 * request waits, moreover, for the client to take the answers that it has: they would grow without bound. What the
 * gateway does by itself never waits for that.
 */
export class WorkQueue {
  readonly #session: Session;
  #exclusive = false;
  #draining = false;
  /** Requests wait for what the gateway asks before the connection's first work. */
  #suspended = false;
  /** Requests that are under way or wait, and the weight of those that wait. */
  #requests = 0;
  #weight = 0;
  /** Each begins its work, or refuses it where the connection has ended. */
  #waitingRequests: (() => void)[] | undefined;
  #waitingOwn: (() => void)[] | undefined;
  #waitingForIdle: (() => void)[] | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether every request so far has its answer. */
  get idle(): boolean {
    return this.#requests === 0;
  }

  /**
   * Resolves once every request so far has its answer, or after a time.
   *
   * @param limit milliseconds
   */
  whenIdle(limit: number): Promise<void> {
    if (this.idle) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limit);
      this.#waitingForIdle ??= [];
      this.#waitingForIdle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /**
   * Runs a client's work in the order of the calls, once the client has taken most of what it was sent. What follows
   * an exclusive work waits for it to end: a `publish` right after a `subscribe` finds the subscription made.
   *
   * @param payload what is kept for the work while it waits
   * @param held what it has to wait for before it takes its place in the order
   * @throws Failure `rate_limited` when too much waits already, `disconnected` when the connection ends before
   * its turn comes
   */
  async request(exclusive: boolean, work: Work, payload?: unknown, held?: Held): Promise<void> {
    if (this.#requests >= requestLimit || this.#weight >= weightLimit) {
      held?.release();
      throw new Failure("rate_limited", "Too many requests wait for their turn.");
    }
    this.#requests += 1;
    try {
      if (held) await this.#waitHeld(held, weightOf(payload));
      const done = this.#inOrder(exclusive, work, payload);
      held?.release();
      await done;
    } finally {
      held?.release();
      this.#requests -= 1;
      if (this.idle) this.#tellIdle();
    }
  }

  /**
   * Runs work of the gateway's own, before all requests that wait: only an exclusive work that is under way holds it up.
   *
   * @throws Failure `disconnected` as `request`
   */
  async run(exclusive: boolean, work: Work): Promise<void> {
    if (!this.#exclusive) return this.#begin(exclusive, work);
    this.#waitingOwn ??= [];
    return this.#wait(this.#waitingOwn, exclusive, work);
  }

  /**
   * Asks a backend, while requests wait and the gateway's own work goes on; then runs the work exclusively, before the
   * requests.
   *
   * @throws Failure `disconnected` where the connection has ended meanwhile; what `ask` throws
   */
  async runAnswered<Answer>(
    ask: () => Promise<Answer>,
    work: (answer: Answer) => Promise<void>,
  ): Promise<void> {
    this.#suspended = true;
    try {
      const answer = await ask();
      if (this.#session.ended) throw new Failure("disconnected");
      const done = this.run(true, () => work(answer));
      this.#suspended = false;
      await done;
    } finally {
      this.#suspended = false;
      this.#advance();
    }
  }

  /** Begins the work, or has it wait for its turn. */
  #inOrder(exclusive: boolean, work: Work, payload: unknown): Promise<void> {
    if (this.#exclusive || this.#suspended || this.#waitingRequests?.length || this.#isHeldUp) {
      return this.#waitAsRequest(exclusive, work, weightOf(payload));
    }
    return this.#begin(exclusive, work);
  }

  /** Other requests go on meanwhile, and so does the gateway's own work. */
  async #waitHeld(held: Held, weight: number): Promise<void> {
    this.#weight += weight;
    try {
      await held.wait();
    } finally {
      this.#weight -= weight;
    }
    if (this.#session.ended) throw new Failure("disconnected");
  }

  #tellIdle(): void {
    const waiting = this.#waitingForIdle;
    this.#waitingForIdle = undefined;
    for (const resolve of waiting ?? []) resolve();
  }

  /** Requests of a connection that has ended are not held up: they have to be refused. */
  get #isHeldUp(): boolean {
    return this.#session.wire.full && !this.#session.ended;
  }

  #begin(exclusive: boolean, work: Work): Promise<void> {
    return exclusive ? this.#beginExclusive(work) : work();
  }

  async #beginExclusive(work: Work): Promise<void> {
    this.#exclusive = true;
    try {
      await work();
    } finally {
      this.#exclusive = false;
      this.#advance();
    }
  }

  #waitAsRequest(exclusive: boolean, work: Work, weight: number): Promise<void> {
    this.#weight += weight;
    this.#waitingRequests ??= [];
    const done = this.#wait(this.#waitingRequests, exclusive, () => {
      this.#weight -= weight;
      return work();
    });
    this.#advance();
    return done;
  }

  /** @returns a promise of the work itself, not only of its turn */
  #wait(queue: (() => void)[], exclusive: boolean, work: Work): Promise<void> {
    return new Promise((resolve, reject) => {
      queue.push(() => {
        if (this.#session.ended) reject(new Failure("disconnected"));
        else resolve(this.#begin(exclusive, work));
      });
    });
  }

  /** Begins all that need not wait any more, in the step in which that is so: nothing that comes later may overtake it. */
  #advance(): void {
    while (!this.#exclusive) {
      const begin = this.#waitingOwn?.shift() ?? this.#nextRequest();
      if (!begin) return;
      begin();
    }
  }

  /** The next request that waits, where the client has taken what it was sent; else it is begun once that is so. */
  #nextRequest(): (() => void) | undefined {
    if (this.#suspended || !this.#waitingRequests?.length) return undefined;
    if (!this.#isHeldUp) return this.#waitingRequests.shift();
    if (this.#draining) return undefined;
    this.#draining = true;
    this.#session.wire.whenDrained(() => {
      this.#draining = false;
      this.#advance();
    });
    return undefined;
  }
}
