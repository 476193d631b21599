import type { Identity } from "../auth/handshake.ts";
import type { Subject } from "../auth/permissions.ts";
import type { Held, Subscriber } from "../channels/subscriber.ts";
import { Failure } from "../errors.ts";
import type { CloseReason } from "../meter.ts";
import type { TokenBucket } from "./limits.ts";
import type { TokenWatch } from "./token-watch.ts";

/** The way to a client, as the transport gives it. */
export interface Wire {
  readonly id: string;
  readonly address: string;
  /** The handshake's User-Agent, or an empty string. */
  readonly agent: string;
  /** @param payload an object, or Json that is sent as it is */
  send(event: string, payload: object): void;
  /** Closes the transport: a client comes back by itself. */
  close(): void;
  /** Ends the Socket.IO session, then the transport: a client stays away. */
  disconnect(): void;
}

/** Requests of one connection that may wait for their turn. */
const queueLimit = 256;

/** A client's session on this node. */
export class Connection implements Subscriber {
  readonly wire: Wire;
  /** Unix milliseconds of the connect. */
  readonly since: number;
  readonly held = new Map<string, Held>();
  identity: Identity;
  /** Unix milliseconds when its app went away; undefined while it is in front. */
  awaySince: number | undefined;
  closed = false;
  /** Why the gateway ended it, where it did. */
  ending: CloseReason | undefined;
  /** Requests so far that were malformed beyond a client's mistake. */
  strikes = 0;
  tokenWatch: TokenWatch<Connection> | undefined;
  /** The request rate; made with the first request. */
  pace: TokenBucket | undefined;
  /** The publish rates that rules set, by rule; made with the first publication under one. */
  rates: Map<number, TokenBucket> | undefined;
  #queued = 0;
  #tail: Promise<void> | undefined;

  constructor(wire: Wire, identity: Identity, since: number) {
    this.wire = wire;
    this.identity = identity;
    this.since = since;
  }

  get connection(): string {
    return this.wire.id;
  }

  get subject(): Subject {
    return this.identity.subject;
  }

  get user(): string {
    return this.identity.subject.user;
  }

  get away(): boolean {
    return this.awaySince !== undefined;
  }

  get info(): unknown {
    return this.identity.info;
  }

  /** Whether every request so far has its answer. */
  get idle(): boolean {
    return this.#queued === 0;
  }

  /**
   * Runs work in the order of the calls. What follows an exclusive work waits for it to end: a `publish`
   * right behind a `subscribe` finds the subscription made.
   *
   * @throws Failure `rate_limited` when too much waits already, `disconnected` when the connection ends before
   * its turn comes
   */
  async request(exclusive: boolean, work: () => Promise<void>): Promise<void> {
    if (this.#queued >= queueLimit) {
      throw new Failure("rate_limited", "Too many requests wait for their turn.");
    }
    this.#queued += 1;
    try {
      await this.run(exclusive, work);
    } finally {
      this.#queued -= 1;
    }
  }

  /** As `request`, for work of the gateway's own: it finds a place however much a client has waiting. */
  async run(exclusive: boolean, work: () => Promise<void>): Promise<void> {
    const done = this.#tail ? this.#tail.then(() => this.#unlessEnded(work)) : work();
    if (exclusive) this.#becomeTail(done);
    await done;
  }

  async #unlessEnded(work: () => Promise<void>): Promise<void> {
    if (this.closed || this.ending) throw new Failure("disconnected");
    await work();
  }

  #becomeTail(done: Promise<void>): void {
    const tail = done.then(ignore, ignore).then(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
    this.#tail = tail;
  }
}

function ignore(): void {}
