/*
 * Owns the one session at a time: it waits for the login, opens the socket, and writes down in the log how each attempt
 * began and ended. SessionKeeper says when to start and when to drop; without this file a login that answers late would
 * open a second socket beside the first, and a mini-program has five.
 */

import type { Clock } from "./clock.ts";
import { errorOf, type TideError } from "./errors.ts";
import { causeDetail, type Log } from "./log.ts";
import type { Credentials, Login } from "./login.ts";
import type { SubscribeRequest, Welcome } from "./protocol.ts";
import { type Ending, type OpenSocket, Session } from "./session.ts";

/** How an attempt or a session failed. */
export interface Failed {
  kind: Ending["kind"] | "login";
  cause: TideError;
}

/** Why a session is over: how it ended, or why this client ended it. */
export type Parting = { kind: Failed["kind"] | "replaced" | "closed"; cause?: TideError | undefined };

export interface DialerEvents {
  /** The channels that the handshake resumes. */
  resume(): SubscribeRequest[];
  welcome(session: Session, welcome: Welcome): void;
  event(name: string, args: unknown[]): void;
  /** No login was to be had, or the session ended; the keeper drops what is left of it. */
  failed(failed: Failed): void;
}

/** What it takes to get a session. */
export interface DialerParts {
  open: OpenSocket;
  /** Where the gateway is, for the log. */
  address: string;
  login: Login;
  clock: Clock;
  log: Log;
}

export interface DialerOptions extends DialerParts {
  /** Whether the app is in the background, where no socket may be opened. */
  hidden(): boolean;
  events: DialerEvents;
}

/** Milliseconds in which the welcome comes, at first and at most: it brings what was missed, on whatever link. */
const welcomePatience = { usual: 15_000, longest: 120_000 };

/** A session that lasted this long was sound. Sessions that end sooner must not come back ever faster. */
const steady = 10_000;

/** Gets a session: the login, the socket, the handshake. There is one at a time. */
export class Dialer {
  readonly #options: DialerOptions;
  #session: Session | undefined;
  /** The login that the attempt waits for. A login that comes late is another one, and opens nothing. */
  #awaited: Promise<Credentials> | undefined;
  #startedAt = Number.NEGATIVE_INFINITY;
  #dialedAt = 0;
  #welcomePatience = welcomePatience.usual;
  #welcomedAt = Number.POSITIVE_INFINITY;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** The session, welcomed or not. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** The session, while the gateway has welcomed it. */
  get online(): Session | undefined {
    return this.#session?.welcomed ? this.#session : undefined;
  }

  /** Whether there is a session, or a login on the way to one. */
  get busy(): boolean {
    return !!(this.#session || this.#awaited);
  }

  /** Whether the session has lasted so long that its end says nothing against the gateway. */
  get steady(): boolean {
    return this.#options.clock.now() - this.#welcomedAt > steady;
  }

  /** Milliseconds since the newest attempt began, the login included. */
  get age(): number {
    return this.#options.clock.now() - this.#startedAt;
  }

  /** Logs in, then dials. */
  start(): void {
    const { login, events, clock } = this.#options;
    this.#startedAt = clock.now();
    const awaited = login.credentials();
    const taken = () => {
      if (this.#awaited !== awaited) return false;
      this.#awaited = undefined;
      return true;
    };
    this.#awaited = awaited;
    awaited.then(
      (credentials) => {
        if (taken()) this.dial(credentials);
      },
      (error) => {
        if (taken()) events.failed({ kind: "login", cause: errorOf(error) });
      },
    );
  }

  /** Opens the socket; the handshake is written once that is open. */
  dial(credentials: Credentials): void {
    const { open, address, clock, events, log, login, hidden } = this.#options;
    if (hidden()) return;
    this.#dialedAt = clock.now();
    log("dial", { address, credentials: credentials.code ? "code" : credentials.token ? "token" : "none" });
    try {
      this.#session = new Session(open, clock, this.#welcomePatience, {
        auth: () => {
          login.sent();
          return Object.assign({ resume: events.resume() }, credentials);
        },
        welcome: (welcome) => {
          login.accepted(welcome);
          this.#welcome(welcome);
        },
        event: events.event,
        ended: (ending) => {
          this.#learn(ending);
          events.failed(ending);
        },
      });
    } catch (error) {
      // Another Socket.IO client may throw as it dials.
      events.failed({ kind: "lost", cause: errorOf(error) });
    }
  }

  /**
   * Lets go of the session, and of the login that is awaited. The session is gone before its requests fail: whoever
   * learns of that and asks for a session gets none.
   *
   * @returns whether there was a session
   */
  drop({ kind, cause }: Parting): boolean {
    const { clock, log } = this.#options;
    const session = this.#session;
    this.#session = undefined;
    this.#awaited = undefined;
    this.#welcomedAt = Number.POSITIVE_INFINITY;
    session?.close();
    if (session || kind === "login") {
      const milliseconds = clock.now() - this.#dialedAt;
      const detail = { kind, welcomed: !!session?.welcomed, milliseconds };
      log("ending", Object.assign(detail, causeDetail(cause)));
    }
    return !!session;
  }

  /** What did not come within the patience may need longer: a fixed one would let it begin anew for ever. */
  #learn({ cause }: Ending): void {
    if (cause.code === "timeout" && this.#session?.opened) {
      this.#welcomePatience = Math.min(welcomePatience.longest, 2 * this.#welcomePatience);
    }
  }

  #welcome(welcome: Welcome): void {
    const session = this.#session;
    if (!session) return;
    this.#welcomePatience = welcomePatience.usual;
    const { clock, events, log } = this.#options;
    this.#welcomedAt = clock.now();
    const { connection, node, channels } = welcome;
    log("welcome", {
      connection,
      node,
      channels: channels.length,
      milliseconds: this.#welcomedAt - this.#dialedAt,
    });
    events.welcome(session, welcome);
  }
}
