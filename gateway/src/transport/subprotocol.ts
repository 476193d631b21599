import type { IncomingMessage } from "node:http";

/** What a subprotocol begins with that is no protocol but a token: pages cannot send headers. */
const bearerPrefix = "bearer.";
/** The name of this gateway's own protocols. */
const ownName = "tidegate";

/**
 * @param offered what a client says that it speaks, in its order
 * @returns the one that is answered, which is never a token; false for none
 */
export function chosenProtocol(offered: Set<string>): string | false {
  if (offered.has(ownName)) return ownName;
  for (const protocol of offered) if (!isBearer(protocol)) return protocol;
  return false;
}

/**
 * Whether a client offers tokens and nothing else. It would be answered with no subprotocol, which ends the connection
 * in browsers without a word.
 */
export function offersBearerOnly({ headers }: Pick<IncomingMessage, "headers">): boolean {
  const offered = offeredBy(headers["sec-websocket-protocol"]);
  return offered.length > 0 && offered.every(isBearer);
}

/** The token among the subprotocols that a client offers. */
export function bearerOf({ headers }: Pick<IncomingMessage, "headers">): string | undefined {
  return offeredBy(headers["sec-websocket-protocol"]).find(isBearer)?.slice(bearerPrefix.length);
}

function offeredBy(header: string | undefined): string[] {
  return header === undefined ? [] : header.split(",").map((protocol) => protocol.trim());
}

function isBearer(protocol: string): boolean {
  return protocol.slice(0, bearerPrefix.length).toLowerCase() === bearerPrefix;
}
