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
 * @param answer of the question that was asked first, where there was one
 */
export type Handler = (
  services: RequestServices,
  connection: Connection,
  payload: unknown,
  reply: Reply,
  shape: Shape,
  answer?: unknown,
) => Promise<void>;

/** What a request costs before it begins. */
export interface Price {
  /** For how many it counts in the rate of its connection. */
  counts(connection: Connection, payload: unknown): number;
  /** Units that its user and its address pay. */
  units(connection: Connection, payload: unknown): number;
}

/** What a client asks. */
export interface Asked {
  event: string;
  payload: unknown;
  shape: Shape;
}

/**
 * What a backend has to be asked before the handler runs. It checks what needs no backend: what would be refused anyway
 * asks nobody.
 *
 * @returns undefined where nothing has to be asked
 */
export type Question = (
  services: RequestServices,
  connection: Connection,
  asked: Asked,
) => (() => Promise<unknown>) | undefined;

/** One of the protocol's requests (PROTOCOL, section 2). */
export interface Request {
  /** What follows on the same connection waits for it. */
  exclusive: boolean;
  /** Of the reads of a connection one is under way at a time; they hold up nothing else. */
  reads?: true;
  price: Price;
  /** The channels that it is about: a question about one of them that was sent before holds it up. None where absent. */
  channels?(payload: unknown): readonly string[];
  question?: Question;
  handle: Handler;
}

/** What nobody does; it is charged nevertheless. */
export interface Unhandled {
  price: Price;
  handle?: undefined;
}
