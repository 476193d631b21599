/* What a request handler is, and what it is given. The dispatcher knows handlers by this alone. */

import type { Shape } from "../protocol/json.ts";
import type { Connection } from "./connection.ts";
import type { RequestServices } from "./request-services.ts";

export type { RequestServices } from "./request-services.ts";

/** Gives the reply; at most once. */
export type Reply = (reply: object) => void;

/**
 * Does one request and replies, or throws a Failure that the dispatcher answers. A handler may go on after its reply;
 * an exclusive one holds up the connection's next request until it ends.
 *
 * @param shape of the payload, which need not be walked again
 */
export type Handler = (
  services: RequestServices,
  connection: Connection,
  payload: unknown,
  reply: Reply,
  shape: Shape,
) => Promise<void>;

/** What a request costs before it begins. */
export interface Price {
  /** For how many it counts in the rate of its connection. */
  counts(connection: Connection, payload: unknown): number;
  /** Units that its user and its address pay. */
  units(connection: Connection, payload: unknown): number;
}

/** One of the protocol's requests (PROTOCOL, section 2). */
export interface Request {
  /** What follows on the same connection waits for it. */
  exclusive: boolean;
  /** Of the reads of a connection one is under way at a time; they hold up nothing else. */
  reads?: true;
  price: Price;
  handle: Handler;
}
