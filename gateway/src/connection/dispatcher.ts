import { type ErrorCode, Failure } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Meter } from "../meter.ts";
import { isDeeperThan } from "../protocol/json.ts";
import type { Connection } from "./connection.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Reply, Request } from "./request.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface DispatcherOptions {
  requests: ReadonlyMap<string, Request>;
  lifecycle: Pick<Lifecycle, "end">;
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
    if (connection.ending) return;
    const known = event !== undefined && this.#options.requests.has(event) ? event : "other";
    let code: "ok" | ErrorCode = "ok";
    try {
      await this.#handle(connection, event, payload, acknowledge ?? ignore);
    } catch (thrown) {
      const failure = Failure.of(thrown);
      code = failure.code;
      this.#refuse(connection, event, failure, acknowledge);
    }
    this.#options.meter.requestHandled(known, code);
  }

  async #handle(
    connection: Connection,
    event: string | undefined,
    payload: unknown,
    reply: Reply,
  ): Promise<void> {
    const request = event === undefined ? undefined : this.#options.requests.get(event);
    this.#pace(connection, request?.cost?.(connection, payload) ?? 1);
    if (event === undefined) throw new Failure("bad_request", "An event's name is a string.");
    // Deeper by one than what `publish` allows its data, which stands inside the payload.
    if (isDeeperThan(payload, this.#options.maxDepth + 1)) {
      connection.strikes += 1;
      throw new Failure("bad_request", `The payload nests deeper than ${this.#options.maxDepth} levels.`);
    }
    if (!request) throw new Failure("no_handler");
    const handle = () => request.handle(connection, payload, reply);
    await connection.request(request.exclusive, handle, payload);
  }

  #pace(connection: Connection, cost: number): void {
    const { rate, burst } = this.#options;
    connection.pace ??= new TokenBucket(rate, burst);
    if (connection.pace.take(cost)) return;
    throw new Failure("rate_limited", undefined, { after: connection.pace.wait });
  }

  #refuse(
    connection: Connection,
    event: string | undefined,
    failure: Failure,
    acknowledge: Reply | undefined,
  ): void {
    const { lifecycle, log, burst } = this.#options;
    if (failure.code === "internal") {
      log.error({ err: failure, connection: connection.id, event }, "request failed");
    }
    if (connection.closed) return;
    const error = failure.body;
    if (acknowledge) acknowledge({ ok: false, error });
    else connection.wire.send("failed", { event: event?.slice(0, 128), error });
    if (connection.strikes >= maxStrikes) lifecycle.end(connection, "bad_request", false);
    else if ((connection.pace?.debt ?? 0) > burst)
      lifecycle.end(connection, "rate_limited", true, failure.after);
  }
}

function ignore(): void {}
