/* What a request handler is, and what it is given. The dispatcher knows handlers by this alone. */

import type { Authenticator } from "../auth/authenticator.ts";
import type { History } from "../channels/history.ts";
import type { Presence } from "../channels/presence.ts";
import type { Publisher } from "../channels/publish.ts";
import type { Rules } from "../channels/rules.ts";
import type { Shape } from "../protocol/json.ts";
import type { Connection } from "./connection.ts";
import type { Joiner } from "./joiner.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** Gives the reply; at most once. */
export type Reply = (reply: object) => void;

/** What the handlers call, each for its own part. */
export interface RequestServices {
  rules: Rules;
  joiner: Joiner;
  publisher: Publisher;
  history: History;
  presence: Presence;
  authenticator: Pick<Authenticator, "verify">;
  lifecycle: Pick<Lifecycle, "renew">;
  /** Channels that one request may subscribe to. */
  maxChannels: number;
  /** Unix milliseconds. */
  now(): number;
}

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

/** One of the protocol's requests (PROTOCOL, section 2). */
export interface Request {
  /** What follows on the same connection waits for it. */
  exclusive: boolean;
  /** What it takes of the connection's request rate; 1 where absent. */
  cost?(connection: Connection, payload: unknown): number;
  handle: Handler;
}
