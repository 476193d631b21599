/*
 * How a session begins, is renewed and ends, with its log lines and metrics. `transport/clients.ts` reports connects
 * and closes, whoever wants a connection gone calls `end`. A connection that ends by another way would stay in the
 * registry and in presence.
 */

import type { Identity } from "../auth/authenticator.ts";
import { type ErrorCode, Failure } from "../errors.ts";
import type { Log } from "../log.ts";
import type { CloseReason, Meter } from "../meter.ts";
import type { Alarms } from "./alarms.ts";
import { Connection, type Wire } from "./connection.ts";
import type { FreshRevocations } from "./fresh-revocations.ts";
import type { Registry } from "./registry.ts";
import { TokenWatch, type TokenWatchEvents } from "./token-watch.ts";
import { type Resume, type WelcomeOptions, welcome } from "./welcome.ts";

export interface LifecycleOptions extends WelcomeOptions {
  registry: Registry;
  alarms: Alarms;
  revocations: Pick<FreshRevocations, "cover">;
  /** Leeway of a token's expiry in milliseconds. */
  leeway: number;
  log: Log;
  meter: Meter;
}

/** What is said of an ending besides its code. */
interface EndDetails {
  /** Milliseconds that the client should wait before it comes back. */
  after?: number | undefined;
  /** Why, where that is more than the code says: dialects that close with a reason tell it. */
  message?: string | undefined;
}

/**
 * Milliseconds that requests have to be answered before a connection is released; the shared state answers within one
 * second. A drain has more time than that after its window (`phases` in ops/shutdown.ts).
 */
const answerLimit = 1_000;

/** Opens and ends connections. */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #tokenEvents: TokenWatchEvents<Connection> = {
    expiring: ({ wire }, expiresAt) => wire.send("expiring", { expiresAt }),
    expired: (connection) => this.end(connection, "token_expired", true),
  };

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /**
   * A client whose handshake was accepted. Once its end is listened to, `welcome` follows.
   *
   * @param bound the one channel that the connection is for, where it is for one only
   */
  open(wire: Wire, identity: Identity, handshakeSeconds: number, bound?: string): Connection {
    const { registry, log, meter, now } = this.#options;
    const connection = new Connection(wire, identity, now(), bound);
    registry.add(connection);
    meter.connectionOpened(handshakeSeconds);
    const { id, user } = connection;
    log.write("connection_opened", { connection: id, user, address: wire.address, agent: wire.agent });
    this.#watchToken(connection);
    this.#options.visits.begin(connection);
    return connection;
  }

  /** Joins the client to its channels and welcomes it, or ends it in this very call where its token was revoked. */
  welcome(connection: Connection, resume: Resume): void {
    if (this.#endIfRevoked(connection)) return;
    welcome(connection, resume, this.#options).catch((error) => this.#fail(connection, error));
  }

  /** The transport has gone. */
  closed(connection: Connection, reason: CloseReason): void {
    const { registry, joiner, log, meter, now } = this.#options;
    const { id, user } = connection;
    connection.closed = true;
    if (reason === "client_disconnect" && !connection.ending) connection.leaves = true;
    connection.tokenWatch?.stop();
    registry.remove(connection);
    joiner
      .end(connection)
      .catch((error) => log.write("presence_not_left", { connection: id, user, cause: error }));
    // What the transport reports of an ending that the gateway made says less.
    const cause = connection.ending ?? reason;
    this.#options.visits.end(connection, cause);
    meter.connectionClosed(cause);
    if (cause === "slow_consumer") meter.slowConsumer();
    const seconds = (now() - connection.connectedAt) / 1_000;
    log.write("connection_closed", { connection: id, user, reason: cause, seconds });
  }

  /**
   * Sends `goodbye` and ends the connection. A second ending of the same connection does nothing.
   *
   * @param reconnect whether the client should come back; the transport closes in the way that even a client that does
   * not know `goodbye` takes so
   */
  end(connection: Connection, code: ErrorCode, reconnect: boolean, details: EndDetails = {}): void {
    if (connection.closed || connection.ending) return;
    const { after, message } = details;
    connection.ending = code;
    connection.leaves = !reconnect;
    connection.wire.send("goodbye", after === undefined ? { code, reconnect } : { code, reconnect, after });
    if (reconnect) connection.wire.close(code, message);
    else connection.wire.disconnect(code, message);
  }

  /** Ends the connection, so that the client comes back, as soon as its requests are answered. */
  async release(connection: Connection, code: ErrorCode, after: number): Promise<void> {
    await connection.work.whenIdle(answerLimit);
    this.end(connection, code, true, { after });
  }

  /** Takes over the claims of a newer token of the same user. */
  renew(connection: Connection, identity: Identity): void {
    // It may have closed while the token was verified; an alarm would keep it to the token's end.
    if (connection.closed) return;
    connection.identity = identity;
    if (this.#endIfRevoked(connection)) return;
    this.#watchToken(connection);
  }

  /** The token was verified before it was the connection's, by which a revocation finds it. */
  #endIfRevoked(connection: Connection): boolean {
    const { issuedAt } = connection.identity;
    if (issuedAt === undefined || !this.#options.revocations.cover(connection.user, issuedAt)) return false;
    this.end(connection, "revoked", false);
    return true;
  }

  /** A client that cannot be welcomed is sent away to come again: whatever failed may work then, here or elsewhere. */
  #fail(connection: Connection, error: unknown): void {
    if (connection.ended) return;
    const failure = Failure.of(error);
    const { code, after, retryable } = failure;
    const { id, user } = connection;
    // Whoever asks for too much must not fill the log as well; the ending is logged, with this reason.
    if (code !== "rate_limited")
      this.#options.log.write("welcome_failed", { connection: id, user, code, cause: error });
    this.end(connection, retryable ? code : "unavailable", true, { after });
  }

  /** Sets the alarms of the session's token; those of the token before are cancelled. */
  #watchToken(connection: Connection): void {
    const { alarms, now: clock, leeway } = this.#options;
    connection.tokenWatch?.stop();
    connection.tokenWatch = undefined;
    const { expiresAt } = connection.identity;
    if (expiresAt === undefined) return;
    const now = clock();
    // A token that was let in within the leeway lives to the end of it, or its client would come back in a loop.
    const end = expiresAt > now ? expiresAt : expiresAt + leeway;
    connection.tokenWatch = new TokenWatch(alarms, this.#tokenEvents, connection, { expiresAt, end, now });
  }
}
