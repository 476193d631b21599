import { Backoff } from "./backoff.ts";
import { type Clock, Timer } from "./clock.ts";
import { errorOf, type TideError } from "./errors.ts";
import type { Credentials, Login } from "./login.ts";
import { Probe } from "./probe.ts";
import type { RefreshReply, SubscribeRequest, Welcome } from "./protocol.ts";
import { type Ending, type OpenSocket, Session, type SessionEvents } from "./session.ts";
import { Watchdog } from "./watchdog.ts";

export type State = "connecting" | "online" | "suspended" | "offline" | "refused";

export interface SessionKeeperEvents {
  /** The channels that the handshake resumes. */
  resume(): SubscribeRequest[];
  online(session: Session, welcome: Welcome): void;
  event(name: string, args: unknown[]): void;
  /** A session is over, whether it was welcomed or not. */
  lost(): void;
  state(state: State, reason: TideError | undefined): void;
}

export interface SessionKeeperOptions {
  open: OpenSocket;
  login: Login;
  clock: Clock;
  /** How long the host lets a socket live in the background, in milliseconds. */
  suspendAfter: number;
  events: SessionKeeperEvents;
}

/** The gateway answers within, or the answer does not matter any more. */
const answerPatience = 10_000;
/** A session that lasted so long was well; one that ends sooner, time and again, must not come back ever faster. */
const steady = 10_000;

/** Keeps one session going: connects, finds out when it is dead, and comes back, as the app's life allows. */
export class SessionKeeper {
  state: State = "connecting";
  reason: TideError | undefined;
  readonly #options: SessionKeeperOptions;
  readonly #backoff = new Backoff();
  readonly #probe = new Probe();
  readonly #retryTimer: Timer;
  readonly #watchdog: Watchdog;
  #session: Session | undefined;
  #hiddenAt: number | undefined;
  #welcomedAt = Number.POSITIVE_INFINITY;
  /** The login that an attempt waits for; one that comes late is not the one that stands here, and opens nothing. */
  #awaited: Promise<Credentials> | undefined;
  /** The token ends soon, and the app was in the background when that was told. */
  #renewLater = false;
  #closed = false;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    this.#retryTimer = new Timer(options.clock);
    this.#watchdog = new Watchdog(options.clock, {
      heardAt: () => this.online?.heardAt,
      alarm: () => this.verify(),
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
    this.#change("connecting");
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
        if (taken()) this.#ended({ refusal: errorOf(error) });
      },
    );
  }

  /** Tries again now, whatever was in the way; after `refused` with a new login. */
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
      this.#replace();
      return;
    }
    this.#change(this.online ? "online" : "connecting");
    this.#watchdog.start();
    this.connect();
    this.verify();
    if (this.#renewLater) this.#renew();
  }

  network(connected: boolean): void {
    if (this.#closed || this.#hidden || this.state === "refused") return;
    if (!connected) {
      this.#drop();
      if (!this.#retryTimer.running) this.#comeBack();
      return;
    }
    this.#backoff.reset();
    if (this.online) this.verify();
    // A dial that began on another network would only run into its timeout.
    else this.#replace();
  }

  /** Asks the gateway whether the session lives, and replaces it where no answer comes. */
  verify(): void {
    const session = this.online;
    if (!session || this.#hidden) return;
    this.#probe.ask(session, () => {
      if (this.#session === session && !this.#hidden) this.#replace();
    });
  }

  /** Ends it for good. */
  close(): void {
    this.#closed = true;
    this.#retryTimer.clear();
    this.#watchdog.stop();
    this.#drop();
    this.#change("offline");
  }

  #dial(credentials: Credentials): void {
    const { open, clock, events, login } = this.#options;
    if (this.#hidden) return;
    const session: SessionEvents = {
      auth: () => Object.assign({ resume: events.resume() }, credentials),
      welcome: (welcome) => {
        login.accepted(welcome);
        this.#welcome(welcome);
      },
      event: (name, args) => {
        if (name === "expiring") this.#renew();
        else events.event(name, args);
      },
      ended: (ending) => {
        this.#drop();
        this.#ended(ending);
      },
    };
    try {
      this.#session = new Session(open, clock, session);
    } catch {
      // Another Socket.IO client may throw as it dials.
      this.#ended({});
    }
  }

  #welcome(welcome: Welcome): void {
    const session = this.#session;
    if (!session) return;
    this.#welcomedAt = this.#options.clock.now();
    if (this.#hidden) session.request("away", {}, answerPatience).catch(ignore);
    else this.#change("online");
    this.#options.events.online(session, welcome);
  }

  #ended({ refusal, code, after }: Ending): void {
    const { login } = this.#options;
    if (code === "token_expired") {
      login.discard();
      this.#comeBack(0);
    } else if (!refusal || refusal.retryable) {
      this.#comeBack(after);
    } else if (login.mayRenew(refusal)) {
      this.#comeBack(0);
    } else {
      this.#refuse(refusal);
    }
  }

  #comeBack(after = this.#backoff.next()): void {
    if (this.#hidden) {
      this.#change("suspended");
      return;
    }
    if (after === 0) {
      this.connect();
      return;
    }
    this.#change("offline");
    this.#retryTimer.set(after, () => this.connect());
  }

  #refuse(reason: TideError): void {
    this.#watchdog.stop();
    this.reason = reason;
    this.#change("refused");
  }

  /** Begins anew. A login under way was asked for before the app slept or the network changed, and may never answer. */
  #replace(): void {
    this.#options.login.abandon();
    this.#drop();
    this.connect();
  }

  #drop(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#awaited = undefined;
    this.#renewLater = false;
    if (this.#options.clock.now() - this.#welcomedAt > steady) this.#backoff.reset();
    this.#welcomedAt = Number.POSITIVE_INFINITY;
    session?.close();
    if (session) this.#options.events.lost();
  }

  /** The gateway says that the token ends soon. */
  #renew(): void {
    const { login } = this.#options;
    const session = this.online;
    if (!session || !login.renewable) return;
    // A login code needs a new connection, and in the background there can be none.
    this.#renewLater = this.#hidden && !login.refreshable;
    if (this.#renewLater) return;
    const renewed = login.renew().then((credentials) => {
      if (this.#session !== session) return undefined;
      if (!login.refreshable) return this.#replaceWith(credentials);
      return session
        .request<RefreshReply>("refresh", credentials, answerPatience)
        .then(({ expiresAt }) => login.refreshed(expiresAt));
    });
    // Without a new token the gateway ends the session in time, and the next one starts with a login.
    renewed.catch(() => login.discard());
  }

  /** A login code is taken by a handshake only. */
  #replaceWith(credentials: Credentials): void {
    if (this.#hidden) {
      this.#renewLater = true;
      return;
    }
    this.#drop();
    this.#change("connecting");
    this.#dial(credentials);
  }

  #change(state: State): void {
    if (state !== "refused") this.reason = undefined;
    if (this.state === state) return;
    this.state = state;
    this.#options.events.state(state, this.reason);
  }
}

function ignore(): void {}
