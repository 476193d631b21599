import type { IncomingMessage } from "node:http";
import type { Authenticator, Identity } from "../auth/authenticator.ts";
import { Failure } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Meter } from "../meter.ts";
import { shapeOf } from "../protocol/json.ts";
import { parse } from "../protocol/parse.ts";
import { handshakeRequest, type SubscriptionItem } from "../protocol/request-schemas.ts";
import { agentOf } from "./agent.ts";

export interface HandshakeOptions {
  authenticator: Authenticator;
  /** Why a handshake that passed the upgrade cannot be served now. */
  obstacle(): Failure | undefined;
  /** Why a handshake that resumes so many channels cannot be served now; counts it against its address. */
  burden(address: string, channels: number): Failure | undefined;
  /** Told of each handshake that is refused for good. */
  onRefused(address: string): void;
  /** The address of the client, seen through trusted proxies. */
  addressOf(request: IncomingMessage): string;
  /** Levels of nesting in the handshake's `auth`. */
  maxDepth: number;
  meter: Meter;
  log: Log;
}

/** A handshake that let its client in. */
export interface Accepted {
  identity: Identity;
  resume: readonly SubscriptionItem[];
}

/** Who asks to be let in: a Socket.IO socket, or a connection of another dialect. */
export interface Caller {
  id: string;
  handshake: { auth: unknown };
  request: IncomingMessage;
}

/** @throws Failure with what stands in the way, or is wrong with the request */
export async function admit(caller: Caller, options: HandshakeOptions): Promise<Accepted> {
  const refusal = options.obstacle();
  if (refusal) throw refusal;
  const { auth } = caller.handshake;
  if (shapeOf(auth, options.maxDepth) === "deep") {
    throw new Failure("bad_request", `\`auth\` nests deeper than ${options.maxDepth} levels.`);
  }
  const request = parse(handshakeRequest, auth);
  const excess = request.resume && options.burden(options.addressOf(caller.request), request.resume.length);
  if (excess) throw excess;
  const identity = await options.authenticator.identify(request, caller.id, () => introduce(caller, options));
  // A login or a fetch of keys takes seconds, in which the node may have begun to drain.
  const obstacle = options.obstacle();
  if (obstacle) throw obstacle;
  return { identity, resume: request.resume ?? [] };
}

/** What a backend is told of a client that it is asked about. Where the client was in its channels is not its matter. */
function introduce({ id, handshake, request }: Caller, { addressOf }: HandshakeOptions) {
  return {
    connection: id,
    auth: { ...Object(handshake.auth), resume: undefined },
    address: addressOf(request),
    agent: agentOf(request.headers),
    origin: request.headers.origin,
  };
}

/** Counts a handshake that is refused, and says why in the log. */
export function noteRefusal(request: IncomingMessage, failure: Failure, options: HandshakeOptions): void {
  const { meter, log } = options;
  const address = options.addressOf(request);
  meter.refused(failure.code);
  // Whose token has just ended comes back with another one.
  if (!failure.retryable && failure.code !== "token_expired") options.onRefused(address);
  const line = failure.code === "internal" ? "handshake_failed" : "handshake_refused";
  log.write(line, { code: failure.code, cause: failure, address });
}
