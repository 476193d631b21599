/*
 * The way of every event that a client sends: rate, depth and name are checked, the handler runs, and the outcome goes
 * back as acknowledgement or `failed`. `transport/clients.ts` calls it. Nothing of a client reaches a handler without
 * it.
 */

import { type ErrorCode, Failure } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Meter } from "../meter.ts";
import { type Shape, survey } from "../protocol/json.ts";
import type { Accounts } from "./accounts.ts";
import type { Connection } from "./connection.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { heldUp } from "./questions.ts";
import type { Reply, Request, RequestServices, Unhandled } from "./request.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface DispatcherOptions {
  requests: ReadonlyMap<string, Request>;
  /** What the protocol does not name: it is charged, and done where a backend answers it. */
  unnamed: Request | Unhandled;
  /** What the requests' handlers call. */
  services: RequestServices;
  lifecycle: Pick<Lifecycle, "end">;
  accounts: Pick<Accounts, "take" | "payloadUnits">;
  meter: Meter;
  log: Log;
  /** Levels of nesting in a payload. */
  maxDepth: number;
  /** Requests a second and connection. */
  rate: number;
  burst: number;
}

/** What cannot be a client's mistake ends the connection at the third time. */
const maxStrikes = 3;

/** Takes each event of a client to its request, and the outcome back. */
export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /**
   * @param event the name, or undefined where the client sent none that is usable
   * @param acknowledge absent where the client wants no reply; an error then arrives as `failed`
   */
  async dispatch(
    connection: Connection,
    event: string | undefined,
    payload: unknown,
    acknowledge: Reply | undefined,
  ): Promise<void> {
    // It was sent `goodbye`: what it still asks is not answered.
    if (connection.ending) return;
    // A label of the metrics: what clients make up must not become one.
    const known = event !== undefined && this.#options.requests.has(event) ? event : "other";
    let code: "ok" | ErrorCode = "ok";
    try {
      await this.#handle(connection, event, payload, acknowledge ?? ignore);
    } catch (thrown) {
      const failure = Failure.of(thrown);
      code = failure.code;
      this.#log(connection, event, payload, failure);
      this.#refuse(connection, event, failure, acknowledge);
    }
    this.#options.meter.requestHandled(known, code);
  }

  /**
   * Refuses what is no request in the words of its dialect; the third ends the connection.
   *
   * @param event the name, where one can be made out
   */
  malformed(connection: Connection, event: string | undefined, words: string): void {
    if (connection.ending) return;
    connection.strikes += 1;
    const failure = new Failure("bad_request", words);
    this.#refuse(connection, event, failure, undefined);
    this.#options.meter.requestHandled("other", failure.code);
  }

  /** Not an async function: each of those makes promises of its own, and this is called for every event. */
  #handle(connection: Connection, event: string | undefined, payload: unknown, reply: Reply): Promise<void> {
    // What nobody handles is charged too: a flood of it has to be bounded like any other.
    const { requests, unnamed, services, accounts } = this.#options;
    const request = (event === undefined ? undefined : requests.get(event)) ?? unnamed;
    this.#pace(connection, request.price.counts(connection, payload));
    // One level more than `publish` allows its data, which is inside the payload. The only walk: what follows may recurse.
    const { shape, weight } = survey(payload, this.#options.maxDepth + 1);
    const surcharge = accounts.payloadUnits(connection, weight);
    accounts.take(connection, request.price.units(connection, payload) + surcharge);
    if (event === undefined) throw new Failure("bad_request", "An event's name is a string.");
    this.#checkDepth(connection, shape);
    if (!request.handle) throw new Failure("no_handler");
    const held = services.backend && heldUp(services, connection, request, { payload, shape, event });
    const handle = () => request.handle(services, connection, payload, reply, shape, held?.answer);
    const work = request.reads ? () => connection.reads.request(true, handle, payload) : handle;
    return connection.work.request(request.exclusive, work, payload, held);
  }

  /** @throws Failure `rate_limited` with the time after which the next request may pass */
  #pace(connection: Connection, cost: number): void {
    const { rate, burst } = this.#options;
    connection.pace ??= new TokenBucket(rate, burst);
    if (connection.pace.take(cost)) return;
    throw new Failure("rate_limited", undefined, { after: connection.pace.wait });
  }

  /** @throws Failure `bad_request` for what nests too deeply */
  #checkDepth(connection: Connection, shape: Shape): void {
    if (shape !== "deep") return;
    connection.strikes += 1;
    throw new Failure("bad_request", `The payload nests deeper than ${this.#options.maxDepth} levels.`);
  }

  /** A fault of the gateway at any level; what is the client's is looked for where its user complains. */
  #log({ id, user }: Connection, event: string | undefined, payload: unknown, failure: Failure): void {
    const { log } = this.#options;
    const { code } = failure;
    if (code === "internal") {
      log.write("request_failed", { connection: id, user, event, cause: failure, err: failure });
    } else if (log.isLevelEnabled("debug")) {
      const request = { event, channel: channelOf(payload) };
      log.write("request_refused", { connection: id, user, ...request, code, cause: failure });
    }
  }

  /** Answers a failure, and ends a connection that goes on as no honest client would. */
  #refuse(
    connection: Connection,
    event: string | undefined,
    failure: Failure,
    acknowledge: Reply | undefined,
  ): void {
    const { lifecycle, burst } = this.#options;
    if (connection.closed) return;
    const error = failure.body;
    if (acknowledge) acknowledge({ ok: false, error });
    else connection.wire.send("failed", { event: event?.slice(0, 128), error });
    const { message, after } = failure;
    if (connection.strikes >= maxStrikes) lifecycle.end(connection, "bad_request", false, { message });
    else if ((connection.pace?.debt ?? 0) > burst) lifecycle.end(connection, "rate_limited", true, { after });
  }
}

/** The channel that a request names, where it names one. */
function channelOf(payload: unknown): string | undefined {
  const { channel } = Object(payload) as { channel?: unknown };
  return typeof channel === "string" ? channel : undefined;
}

/** The reply to an event that was sent without acknowledgement. */
function ignore(): void {}
