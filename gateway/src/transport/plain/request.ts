import type { IncomingMessage } from "node:http";
import { Failure } from "../../errors.ts";
import { bearerOf } from "../subprotocol.ts";

/** A header with the scheme and nothing behind it is a token that is none, not nobody. */
const bearer = /^Bearer(?: +(.*))?$/i;

/**
 * @param auth what the client says of itself
 * @returns the same with the token of the upgrade's headers, where it names neither a token nor a login code
 */
export function credentialsOf(request: Pick<IncomingMessage, "headers">, auth: unknown): unknown {
  if (typeof auth !== "object" || auth === null || Array.isArray(auth)) return auth;
  if ("token" in auth || "code" in auth) return auth;
  const header = bearer.exec(request.headers.authorization ?? "");
  const token = header ? (header[1] ?? "") : bearerOf(request);
  return token === undefined ? auth : { ...auth, token };
}

/**
 * The channel that `/ws` and `/ws/<channel>` are for.
 *
 * @param usual where the path names none
 * @returns a Failure where there is none
 */
export function channelOf(url = "", usual: string | undefined): string | Failure {
  const [path = ""] = url.split("?", 1);
  const segment = path.slice("/ws/".length);
  if (segment.includes("/")) {
    return new Failure("bad_request", "A channel is one segment of the path: write / as %2F.");
  }
  if (segment !== "") return decoded(segment);
  return (
    usual ?? new Failure("not_found", "/ws has no channel: set TIDEGATE_TEXT_CHANNEL, or use /ws/<channel>.")
  );
}

function decoded(segment: string): string | Failure {
  try {
    return decodeURIComponent(segment);
  } catch {
    return new Failure("bad_request", "The channel in the path is not percent-encoded UTF-8.");
  }
}
