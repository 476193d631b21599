import { Backoff } from "./backoff.ts";
import { type Clock, Timer } from "./clock.ts";
import { errorOf, isTokenFault, type TideError } from "./errors.ts";
import type { Credentials, Login } from "./login.ts";
import type { RefreshReply, SubscribeRequest, Welcome } from "./protocol.ts";
import { type Ending, type OpenSocket, Session } from "./session.ts";
import { Watchdog } from "./watchdog.ts";

export type State = "connecting" | "online" | "suspended" | "offline" | "refused";

export interface LineEvents {
  /** The channels that the handshake resumes. */
  resume(): SubscribeRequest[];
  online(session: Session, welcome: Welcome): void;
  event(name: string, args: unknown[]): void;
  /** A session is over, whether it was welcomed or not. */
  lost(): void;
  state(state: State, reason: TideError | undefined): void;
}

export interface LineOptions {
  open: OpenSocket;
  login: Login;
  clock: Clock;
  /** How long the host lets a socket live in the background, in milliseconds. */
  suspendAfter: number;
  events: LineEvents;
}

/** The gateway answers within, or the answer does not matter any more. */
const answerPatience = 10_000;
/** A session that lasted so long was well; one that ends sooner, time and again, must not come back ever faster. */
const steady = 10_000;
/** How long a probe waits: at least this, and for slow networks a few round trips. */
const shortestProbe = 150;
const longestProbe = 2_000;

/** Keeps one session going: connects, finds out when it is dead, and comes back, as the app's life allows. */
export class Line {
  state: State = "connecting";
  reason: TideError | undefined;
  readonly #options: LineOptions;
  readonly #backoff = new Backoff();
  readonly #retryTimer: Timer;
  readonly #watchdog: Watchdog;
  #session: Session | undefined;
  #hiddenAt: number | undefined;
  #welcomedAt = Number.POSITIVE_INFINITY;
  /** Told apart by number, so that a login that comes late does not open a second socket. */
  #attempt = 0;
  #dialing = false;
  #probing = false;
  /** A token was refused, and the one after it has not been let in yet. */
  #secondTry = false;
  #closed = false;

  constructor(options: LineOptions) {
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

  /** Connects at once unless it is connected, connecting, or in the background. */
  connect(): void {
    this.#retryTimer.clear();
    if (this.#closed || this.#session || this.#dialing || this.#hiddenAt !== undefined) return;
    this.#attempt += 1;
    this.#dialing = true;
    this.#change("connecting");
    this.#watchdog.start();
    const attempt = this.#attempt;
    this.#options.login.credentials().then(
      (credentials) => this.#dial(attempt, credentials),
      (error) => {
        if (this.#dialed(attempt)) this.#ended({ refusal: errorOf(error) });
      },
    );
  }

  /** Tries again now, whatever was in the way; after `refused` with a new login. */
  retry(): void {
    if (this.state === "refused") {
      this.#secondTry = false;
      this.#options.login.discard();
    }
    this.#backoff.reset();
    if (this.online) this.verify();
    else this.connect();
  }

  hide(): void {
    if (this.#hiddenAt !== undefined || this.#closed || this.state === "refused") return;
    const { clock } = this.#options;
    this.#hiddenAt = clock.now();
    this.#retryTimer.clear();
    this.#watchdog.stop();
    this.online?.request("away", {}, answerPatience).catch(ignore);
    this.#change("suspended");
  }

  show(): void {
    const hiddenAt = this.#hiddenAt;
    if (hiddenAt === undefined) return;
    this.#hiddenAt = undefined;
    this.#backoff.reset();
    const away = this.#options.clock.now() - hiddenAt;
    if (this.#session && away >= this.#options.suspendAfter) this.#replace();
    else if (this.online) {
      this.#change("online");
      this.#watchdog.start();
      this.verify();
    } else {
      this.#change("connecting");
      this.#watchdog.start();
      this.connect();
    }
  }

  network(connected: boolean): void {
    if (this.#closed || this.#hiddenAt !== undefined || this.state === "refused") return;
    if (!connected) {
      if (!this.#session) this.#change("offline");
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
    if (!session || this.#probing || this.#hiddenAt !== undefined) return;
    this.#probing = true;
    const patience = Math.min(longestProbe, Math.max(shortestProbe, 4 * session.roundTrip));
    session.request("back", {}, patience).then(
      () => {
        this.#probing = false;
      },
      ({ code }: TideError) => {
        this.#probing = false;
        if (code === "timeout" && this.#session === session && this.#hiddenAt === undefined) this.#replace();
      },
    );
  }

  /** Ends it for good. */
  close(): void {
    this.#closed = true;
    this.#attempt += 1;
    this.#retryTimer.clear();
    this.#watchdog.stop();
    this.#drop();
    this.#change("offline");
  }

  #dial(attempt: number, credentials: Credentials): void {
    if (!this.#dialed(attempt)) return;
    const { open, clock, events, login } = this.#options;
    if (this.#hiddenAt !== undefined) return;
    this.#session = new Session(open, clock, {
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
    });
  }

  /** Whether this attempt is still the one that is wanted. */
  #dialed(attempt: number): boolean {
    if (attempt !== this.#attempt) return false;
    this.#dialing = false;
    return !this.#closed;
  }

  #welcome(welcome: Welcome): void {
    const session = this.#session;
    if (!session) return;
    this.#welcomedAt = this.#options.clock.now();
    this.#secondTry = false;
    if (this.#hiddenAt === undefined) this.#change("online");
    else session.request("away", {}, answerPatience).catch(ignore);
    this.#options.events.online(session, welcome);
  }

  #ended({ refusal, code, after }: Ending): void {
    if (this.#options.clock.now() - this.#welcomedAt > steady) this.#backoff.reset();
    this.#welcomedAt = Number.POSITIVE_INFINITY;
    if (code === "token_expired") {
      this.#options.login.discard();
      this.#comeBack(0);
    } else if (!refusal || refusal.retryable) {
      this.#comeBack(after);
    } else if (this.#mayLogInAgain(refusal)) {
      this.#comeBack(0);
    } else {
      this.#refuse(refusal);
    }
  }

  #comeBack(after = this.#backoff.next()): void {
    if (this.#hiddenAt !== undefined) {
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

  /** A refused token is worth one more login, not a loop of them. */
  #mayLogInAgain(refusal: TideError): boolean {
    const { login } = this.#options;
    if (!isTokenFault(refusal) || !login.renewable || this.#secondTry) return false;
    login.discard();
    this.#secondTry = true;
    return true;
  }

  #refuse(reason: TideError): void {
    this.#watchdog.stop();
    this.reason = reason;
    this.#change("refused");
  }

  #replace(): void {
    this.#drop();
    this.connect();
  }

  #drop(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#probing = false;
    session?.close();
    if (session) this.#options.events.lost();
  }

  /** The gateway says that the token ends soon. */
  #renew(): void {
    const { login } = this.#options;
    const session = this.online;
    if (!session || !login.renewable) return;
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
    this.#drop();
    this.#attempt += 1;
    this.#change("connecting");
    this.#dial(this.#attempt, credentials);
  }

  #change(state: State): void {
    if (state !== "refused") this.reason = undefined;
    if (this.state === state) return;
    this.state = state;
    this.#options.events.state(state, this.reason);
  }
}

function ignore(): void {}
