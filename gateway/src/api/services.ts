/*
 * What the admin server needs from the other rooms, and nothing more: each is given as the few methods that a route
 * calls, so that tests can stand in for it.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Tokens } from "../auth/token.ts";
import type { Verifier } from "../auth/verifier.ts";
import type { Control, Revocations } from "../backplane/ports.ts";
import type { TidingStreams, Users } from "../backplane/tidings.ts";
import type { History } from "../channels/history.ts";
import type { Presence } from "../channels/presence.ts";
import type { Publisher } from "../channels/publish.ts";
import type { Rules } from "../channels/rules.ts";
import type { Failure } from "../errors.ts";
import type { Log } from "../log.ts";

/** What the admin server calls. */
export interface ApiServices {
  publisher: Pick<Publisher, "publish">;
  history: Pick<History, "read" | "clear">;
  presence: Pick<Presence, "page">;
  rules: Pick<Rules, "policyOf" | "patternOf">;
  control: Control;
  revocations: Revocations;
  users: Pick<Users, "page">;
  tidings: Pick<TidingStreams, "state" | "aside">;
  /** The hooks that are told, as they look from this node. */
  hooks(): { name: string; state: "taking" | "failing"; lastError?: { at: number; cause: string } }[];
  tokens: Pick<Tokens, "sign" | "signChannel">;
  verifier: Pick<Verifier, "verify" | "verifyChannel">;
  /** Whether clients without a token are let in. */
  anonymous: boolean;
  metrics(): Promise<{ contentType: string; text: string }>;
  /** What keeps the node from being ready, where anything does. */
  ready(): Failure | undefined;
  /** Whether the node is about to end: a caller's next request belongs on another connection. */
  draining(): boolean;
  /** Any of them opens `/v1`; none of them does where the list is empty. */
  keys: readonly string[];
  version: string;
  log: Log;
  /** Unix milliseconds. */
  now(): number;
  /** Where clients connect, for the console to try it out: in development alone. */
  publicPort(): number | undefined;
  /** Bytes of one publication's `data` as JSON. */
  maxPayload: number;
}

/** The server as the resources see it: their handlers are typed by the zod schemas of their routes. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
