import { Backoff } from "./backoff.ts";
import { type Clock, Timer } from "./clock.ts";
import { errorOf, failure, type TideError } from "./errors.ts";
import { causeDetail, type Log } from "./log.ts";
import type { Credentials, Login } from "./login.ts";
import { Probe } from "./probe.ts";
import type { SubscribeRequest, Welcome } from "./protocol.ts";
import { type Ending, type OpenSocket, Session, type SessionEvents } from "./session.ts";
import { TokenRenewal } from "./token-renewal.ts";
import { Watchdog } from "./watchdog.ts";

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

export interface SessionKeeperOptions {
  open: OpenSocket;
  /** Where the gateway is, for the log. */
  address: string;
  login: Login;
  clock: Clock;
  /** How long the host lets a socket live in the background, in milliseconds. */
  suspendAfter: number;
  log: Log;
  events: SessionKeeperEvents;
}

/** Why a session is over: how it ended, or why this client ended it. */
type Parting = { kind: Ending["kind"] | "login" | "replaced" | "closed"; cause?: TideError | undefined };

/** After this long an answer does not matter any more. */
const answerPatience = 10_000;
/** A session that lasted this long was sound. Sessions that end sooner must not come back ever faster. */
const steady = 10_000;

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
  readonly #watchdog: Watchdog;
  #session: Session | undefined;
  #hiddenAt: number | undefined;
  #dialedAt = 0;
  #welcomedAt = Number.POSITIVE_INFINITY;
  /** The login that the attempt waits for. A login that comes late is another one, and opens nothing. */
  #awaited: Promise<Credentials> | undefined;
  readonly #renewal: TokenRenewal;
  #closed = false;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    this.#retryTimer = new Timer(options.clock);
    this.#watchdog = new Watchdog(options.clock, {
      heardAt: () => this.online?.heardAt,
      alarm: () => this.verify(),
    });
    this.#renewal = new TokenRenewal({
      login: options.login,
      online: () => this.online,
      hidden: () => this.#hidden,
      replace: (credentials) => {
        this.#drop({ kind: "replaced" });
        this.#change("connecting");
        this.#dial(credentials);
      },
    });
  }

  /** The session, while the gateway has welcomed it. */
  get online(): Session | undefined {
    return this.#session?.welcomed ? this.#session : undefined;
  }

  get #hidden(): boolean {
    return this.#hiddenAt !== undefined;
  }

  /** Connects at once unless it is connected, connecting, or in the background. */
  connect(): void {
    this.#retryTimer.clear();
    if (this.#closed || this.#session || this.#awaited || this.#hidden) return;
    this.#change("connecting", this.reason);
    this.#watchdog.start();
    const awaited = this.#options.login.credentials();
    const taken = () => {
      if (this.#awaited !== awaited) return false;
      this.#awaited = undefined;
      return true;
    };
    this.#awaited = awaited;
    awaited.then(
      (credentials) => {
        if (taken()) this.#dial(credentials);
      },
      (error) => {
        if (taken()) this.#failed({ kind: "login", cause: errorOf(error) });
      },
    );
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
    this.#retryTimer.clear();
    this.#watchdog.stop();
    this.#probe.forget();
    this.online?.request("away", {}, answerPatience).catch(ignore);
    this.#change("suspended");
  }

  show(): void {
    const hiddenAt = this.#hiddenAt;
    if (hiddenAt === undefined) return;
    this.#hiddenAt = undefined;
    if (this.state === "refused") return;
    this.#backoff.reset();
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
      const cause = failure("unavailable", "The platform says that there is no network.", true);
      this.#drop({ kind: "lost", cause });
      if (!this.#retryTimer.running) this.#comeBack(cause);
      return;
    }
    this.#backoff.reset();
    if (this.online) this.verify();
    // An attempt that began on another network would only time out.
    else this.#replace(this.reason);
  }

  /** Asks the gateway for an answer, and replaces the session where none comes. */
  verify(): void {
    const session = this.online;
    if (!session || this.#hidden) return;
    this.#probe.ask(session, () => {
      if (this.#session !== session || this.#hidden) return;
      this.#replace(failure("timeout", "The connection has gone silent.", true));
    });
  }

  /** Ends it for good. */
  close(): void {
    this.#closed = true;
    this.#retryTimer.clear();
    this.#watchdog.stop();
    this.#drop({ kind: "closed" });
    this.#change("offline");
  }

  #dial(credentials: Credentials): void {
    const { open, address, clock, events, log, login } = this.#options;
    if (this.#hidden) return;
    const session: SessionEvents = {
      auth: () => Object.assign({ resume: events.resume() }, credentials),
      welcome: (welcome) => {
        login.accepted(welcome);
        this.#welcome(welcome);
      },
      event: (name, args) => {
        if (name === "expiring") this.#renewal.renew();
        else events.event(name, args);
      },
      ended: (ending) => this.#failed(ending),
    };
    this.#dialedAt = clock.now();
    log("dial", { address, credentials: credentials.code ? "code" : credentials.token ? "token" : "none" });
    try {
      this.#session = new Session(open, clock, session);
    } catch (error) {
      // Another Socket.IO client may throw as it dials.
      this.#failed({ kind: "lost", cause: errorOf(error) });
    }
  }

  #welcome(welcome: Welcome): void {
    const session = this.#session;
    if (!session) return;
    const { clock, events, log } = this.#options;
    this.#welcomedAt = clock.now();
    const { connection, node, channels } = welcome;
    log("welcome", {
      connection,
      node,
      channels: channels.length,
      milliseconds: this.#welcomedAt - this.#dialedAt,
    });
    if (this.#hidden) session.request("away", {}, answerPatience).catch(ignore);
    else this.#change("online");
    events.online(session, welcome);
  }

  #failed(ending: { kind: Ending["kind"] | "login"; cause: TideError }): void {
    const { login } = this.#options;
    const { kind, cause } = ending;
    this.#drop(ending);
    if (kind === "goodbye" && cause.code === "token_expired") {
      login.discard();
      this.#comeBack(cause, 0);
    } else if (kind === "goodbye") {
      this.#comeBack(cause, cause.after);
    } else if (kind === "lost" || cause.retryable) {
      this.#comeBack(cause);
    } else if (login.mayRenew(cause)) {
      this.#comeBack(cause, 0);
    } else {
      this.#watchdog.stop();
      this.#change("refused", cause);
    }
  }

  #comeBack(cause: TideError, after = this.#backoff.next()): void {
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

  #drop({ kind, cause }: Parting): void {
    const { clock, events, log } = this.#options;
    const session = this.#session;
    this.#session = undefined;
    this.#awaited = undefined;
    this.#renewal.forget();
    if (clock.now() - this.#welcomedAt > steady) this.#backoff.reset();
    this.#welcomedAt = Number.POSITIVE_INFINITY;
    session?.close();
    if (session || kind === "login") {
      const milliseconds = clock.now() - this.#dialedAt;
      const detail = { kind, welcomed: !!session?.welcomed, milliseconds };
      log("ending", Object.assign(detail, causeDetail(cause)));
    }
    if (session) events.lost();
  }

  #change(state: State, reason?: TideError): void {
    this.reason = reason;
    if (this.state === state) return;
    this.state = state;
    this.#options.events.state(state, reason);
  }
}

function ignore(): void {}
