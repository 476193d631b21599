/*
 * The state of one client's session. It decides nothing: `lifecycle.ts` opens and ends it, `dispatcher.ts` brings its
 * requests, `joiner.ts` changes what it holds. There are tens of thousands, so what is not always needed is made on
 * first use.
 */

import type { Identity } from "../auth/authenticator.ts";
import type { Subject } from "../auth/permissions.ts";
import type { Held, Subscriber } from "../channels/subscriber.ts";
import type { ErrorCode } from "../errors.ts";
import type { CloseReason } from "../meter.ts";
import type { Questions } from "./questions.ts";
import type { TokenBucket } from "./token-bucket.ts";
import type { TokenWatch } from "./token-watch.ts";
import { type Backpressure, WorkQueue } from "./work-queue.ts";

/** The way to a client, as the transport gives it. */
export interface Wire extends Backpressure {
  readonly id: string;
  readonly address: string;
  /** The handshake's User-Agent, or an empty string. */
  readonly agent: string;
  /** Unix seconds when anything came from the client last. */
  readonly heard: number;
  /** @param payload an object, or Json that is sent as it is */
  send(event: string, payload: object): void;
  /**
   * Closes the transport: a client comes back by itself.
   *
   * @param code why it ends
   * @param message the code's own where it is absent
   */
  close(code: ErrorCode, message?: string): void;
  /** Ends the session, then the transport: a client stays away. Its parameters are those of `close`. */
  disconnect(code: ErrorCode, message?: string): void;
}

/** What presence was told of a connection's app last. */
interface ToldState {
  away: boolean;
  /** Unix milliseconds. */
  at: number;
  /** What it is then will be told as soon as a second is over. */
  due: boolean;
}

/** A client's session on this node. */
export class Connection implements Subscriber {
  readonly wire: Wire;
  /** Unix milliseconds of the connect. */
  readonly connectedAt: number;
  readonly held = new Map<string, Held>();
  /** The one channel that it is for: it holds no other, and is in no presence. Undefined for a session of many. */
  readonly bound: string | undefined;
  identity: Identity;
  /** Unix milliseconds when its app went away; undefined while it is in front. */
  awaySince: number | undefined;
  /** Made with the first `away`. */
  told: ToldState | undefined;
  /** The transport has gone: nothing can be sent any more. */
  closed = false;
  /** Why the gateway ended it, where it did. The transport may still have to close. */
  ending: CloseReason | undefined;
  leaves = false;
  /** Until it is known as a connection of its user, where that is kept. */
  entered: Promise<void> | undefined;
  /** Requests so far that were malformed beyond a client's mistake. */
  strikes = 0;
  tokenWatch: TokenWatch<Connection> | undefined;
  /** What its address is counted as; found with the first request. */
  network: string | undefined;
  /** The request rate; made with the first request. */
  pace: TokenBucket | undefined;
  /** Made with the first question to a backend. */
  questions: Questions | undefined;
  /** The order of its requests, and of what the gateway does to it. */
  readonly work = new WorkQueue(this);
  /** The order of its reads; made with the first. */
  #reads: WorkQueue | undefined;

  constructor(wire: Wire, identity: Identity, since: number, bound?: string) {
    this.wire = wire;
    this.identity = identity;
    this.connectedAt = since;
    this.bound = bound;
  }

  get reads(): WorkQueue {
    this.#reads ??= new WorkQueue(this);
    return this.#reads;
  }

  get id(): string {
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

  get listed(): boolean {
    return this.bound === undefined;
  }

  get info(): unknown {
    return this.identity.info;
  }

  /** It has ended, or is about to. */
  get ended(): boolean {
    return this.closed || this.ending !== undefined;
  }
}
