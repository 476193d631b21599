/*
 * Decides when there has to be a connection and when to give one up: after a failure, in the background, at a change
 * of network, before the token ends. Its states are what pages see as `tide.state`.
 */

import { Backoff } from "./backoff.ts";
import { Timer } from "./clock.ts";
import { Dialer, type DialerParts, type Failed, type Parting } from "./dialer.ts";
import { failure, type TideError } from "./errors.ts";
import { Probe } from "./probe.ts";
import type { SubscribeRequest, Welcome } from "./protocol.ts";
import type { Session } from "./session.ts";
import { SessionWaits } from "./session-waits.ts";
import { TokenRenewal } from "./token-renewal.ts";
import { Watchdog } from "./watchdog.ts";

/**
 * - `connecting`: a login or a dial is under way
 * - `online`: the gateway has welcomed it
 * - `suspended`: the app is in the background, so nothing is tried
 * - `offline`: it waits for the next attempt
 * - `refused`: waiting does not help; `retry()` does, once the cause is mended
 */
export type State = "connecting" | "online" | "suspended" | "offline" | "refused";

export interface SessionKeeperEvents {
  /** The channels that the handshake resumes. */
  resume(): SubscribeRequest[];
  online(session: Session, welcome: Welcome): void;
  event(name: string, args: unknown[]): void;
  /** A session is over, whether it was welcomed or not. */
  lost(): void;
  /** @param reason why it is not online, where there is a cause */
  state(state: State, reason: TideError | undefined): void;
}

export interface SessionKeeperOptions extends DialerParts {
  /** How long the host lets a socket live in the background, in milliseconds. */
  suspendAfter: number;
  events: SessionKeeperEvents;
}

/**
 * Milliseconds that an attempt has at first and at most, once the network has changed. Without them, where changes are
 * told faster than an attempt takes, none would ever end.
 */
const headStart = { usual: 2_000, longest: 8_000 };

function closed(): TideError {
  return failure("disconnected", "The client was closed.");
}

/** After this long an answer does not matter any more. */
const answerPatience = 10_000;

/**
 * Keeps one session going: it connects, finds out when the session is dead, and connects again. Tide owns it; without it
 * a connection that ends once stays away.
 */
export class SessionKeeper {
  state: State = "connecting";
  /** Why it is not online: the newest failure. */
  reason: TideError | undefined;
  readonly #options: SessionKeeperOptions;
  readonly #backoff = new Backoff();
  readonly #probe = new Probe();
  readonly #retryTimer: Timer;
  /** Runs once the network has changed, to the end of the attempt's head start. */
  readonly #changeTimer: Timer;
  #headStart = headStart.usual;
  readonly #watchdog: Watchdog;
  readonly #dialer: Dialer;
  readonly #waits: SessionWaits;
  #hiddenAt: number | undefined;
  readonly #renewal: TokenRenewal;
  #closed = false;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    this.#retryTimer = new Timer(options.clock);
    this.#changeTimer = new Timer(options.clock);
    this.#waits = new SessionWaits(options.clock, () => this.reason);
    this.#watchdog = new Watchdog(options.clock, {
      heardAt: () => this.online?.heardAt,
      alarm: () => this.verify(),
    });
    this.#dialer = this.#createDialer();
    this.#renewal = new TokenRenewal({
      login: options.login,
      online: () => this.online,
      hidden: () => this.#hidden,
      replace: (credentials) => {
        this.#drop({ kind: "replaced" });
        this.#change("connecting");
        this.#dialer.dial(credentials);
      },
    });
  }

  /** The session, while the gateway has welcomed it. */
  get online(): Session | undefined {
    return this.#dialer.online;
  }

  /** The session, as soon as there is one. @throws TideError, as a rejection: why there is none within 10 s */
  whenOnline(): Promise<Session> {
    if (this.online) return Promise.resolve(this.online);
    const isOver = this.#closed || this.state === "refused";
    return isOver ? Promise.reject(this.reason || closed()) : this.#waits.wait();
  }

  get #hidden(): boolean {
    return this.#hiddenAt !== undefined;
  }

  /** Connects at once unless it is connected, connecting, or in the background. */
  connect(): void {
    this.#retryTimer.clear();
    if (this.#closed || this.#dialer.busy || this.#hidden) return;
    this.#change("connecting", this.reason);
    this.#watchdog.start();
    this.#dialer.start();
  }

  /** Tries again now; after `refused` with a new login. */
  retry(): void {
    if (this.state === "refused") this.#options.login.startOver();
    this.#backoff.reset();
    if (this.#hidden) this.#change("suspended");
    else if (this.online) this.verify();
    else this.connect();
  }

  hide(): void {
    if (this.#hidden || this.#closed || this.state === "refused") return;
    this.#hiddenAt = this.#options.clock.now();
    // WeChat stops the thread after 5 s: what these would do is done at the return, by `show`.
    this.#retryTimer.clear();
    this.#changeTimer.clear();
    this.#watchdog.stop();
    this.#probe.forget();
    // Others see the user away from here on, rather than when the gateway finds the socket dead.
    this.online?.request("away", {}, answerPatience).catch(ignore);
    this.#change("suspended");
  }

  show(): void {
    const hiddenAt = this.#hiddenAt;
    if (hiddenAt === undefined) return;
    this.#hiddenAt = undefined;
    if (this.state === "refused") return;
    this.#backoff.reset();
    // WeChat ends sockets in the background (`interrupted`), and may deliver that end late or never. After this long the
    // socket is taken for dead; asking it would only add the wait for an answer.
    if (this.#options.clock.now() - hiddenAt >= this.#options.suspendAfter) {
      this.#replace(undefined);
      return;
    }
    this.#change(this.online ? "online" : "connecting");
    this.#watchdog.start();
    this.connect();
    this.verify();
    this.#renewal.resume();
  }

  network(connected: boolean): void {
    if (this.#closed || this.#hidden || this.state === "refused") return;
    if (!connected) {
      // The socket may die without a close event, and what is sent on it until then is lost.
      const cause = failure("unavailable", "The platform says that there is no network.", true);
      this.#drop({ kind: "lost", cause });
      if (!this.#retryTimer.running) this.#comeBack(cause, this.#backoff.next());
      return;
    }
    this.#backoff.reset();
    if (this.online) this.verify();
    else if (!this.#changeTimer.running) {
      this.#changeTimer.set(Math.max(0, this.#headStart - this.#dialer.age), () => this.#startAnew());
    }
  }

  /** Asks the gateway for an answer, and replaces the session where none comes. */
  verify(): void {
    const session = this.online;
    if (!session || this.#hidden) return;
    this.#probe.ask(session, () => {
      // The answer may come after another session has taken the place of the one that was asked.
      if (this.#dialer.session !== session || this.#hidden) return;
      this.#replace(failure("timeout", "The connection has gone silent.", true));
    });
  }

  /** Ends it for good. */
  close(): void {
    this.#closed = true;
    this.#retryTimer.clear();
    this.#changeTimer.clear();
    this.#watchdog.stop();
    this.#drop({ kind: "closed" });
    this.#change("offline");
    this.#waits.end(undefined, closed());
  }

  /** An attempt that began on another network would only time out. */
  #startAnew(): void {
    if (this.#closed || this.#hidden || this.online || this.state === "refused") return;
    this.#headStart = Math.min(headStart.longest, 2 * this.#headStart);
    this.#replace(this.reason);
  }

  #createDialer(): Dialer {
    const { open, address, login, clock, log, events } = this.#options;
    return new Dialer({
      open,
      address,
      login,
      clock,
      log,
      hidden: () => this.#hidden,
      events: {
        resume: () => events.resume(),
        welcome: (session, welcome) => this.#welcome(session, welcome),
        event: (name, args) => {
          if (name === "expiring") this.#renewal.renew();
          else events.event(name, args);
        },
        failed: (failed) => this.#failed(failed),
      },
    });
  }

  #welcome(session: Session, welcome: Welcome): void {
    this.#changeTimer.clear();
    this.#headStart = headStart.usual;
    if (this.#hidden) session.request("away", {}, answerPatience).catch(ignore);
    else this.#change("online");
    this.#options.events.online(session, welcome);
    this.#waits.end(session);
  }

  #failed(failed: Failed): void {
    const { login } = this.#options;
    const { kind, cause } = failed;
    const spent = this.online ? 0 : this.#dialer.age;
    this.#drop(failed);
    if (kind === "goodbye" && cause.code === "token_expired") {
      // The gateway has let it in before: a new token is all that is missing, so there is no wait.
      login.discard();
      this.#comeBack(cause, 0);
    } else if (kind === "goodbye") {
      // A node that drains spreads its clients by `after`; without it the backoff does.
      this.#comeBack(cause, cause.after ?? this.#backoff.next());
    } else if (kind === "lost" || cause.retryable) {
      this.#comeBack(cause, this.#backoff.next(spent));
    } else if (login.mayRenew(cause)) {
      this.#comeBack(cause, 0);
    } else {
      this.#watchdog.stop();
      this.#change("refused", cause);
      this.#waits.end(undefined, cause);
    }
  }

  /** @param after milliseconds; 0 connects within this call, so that pages do not see `offline` in between */
  #comeBack(cause: TideError, after: number): void {
    if (this.#hidden) {
      this.#change("suspended");
      return;
    }
    this.#options.log("retry", { milliseconds: Math.round(after), code: cause.code });
    if (after === 0) {
      this.reason = cause;
      this.connect();
      return;
    }
    this.#change("offline", cause);
    this.#retryTimer.set(after, () => this.connect());
  }

  /** Starts again. A login that began before the app slept or the network changed may never answer. */
  #replace(cause: TideError | undefined): void {
    this.#options.login.abandon();
    this.#drop({ kind: "replaced", cause });
    this.reason = cause;
    this.connect();
  }

  /** `lost` comes last: whoever looks for a session from within it finds none. */
  #drop(parting: Parting): void {
    this.#renewal.forget();
    if (this.#dialer.steady) this.#backoff.reset();
    if (this.#dialer.drop(parting)) this.#options.events.lost();
  }

  #change(state: State, reason?: TideError): void {
    this.reason = reason;
    if (this.state === state) return;
    this.state = state;
    this.#options.events.state(state, reason);
  }
}

function ignore(): void {}
