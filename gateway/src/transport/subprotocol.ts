import type { IncomingMessage } from "node:http";

/** What a subprotocol begins with that is no protocol but a token: pages cannot send headers. */
const bearerPrefix = "bearer.";
/** The name of this gateway's own protocols. */
const ownName = "tidegate";

/**
 * @param offered what a client says that it speaks, in its order
 * @returns the one that is answered, which is never a token
 */
export function chosenProtocol(offered: readonly string[]): string | undefined {
  return offered.includes(ownName) ? ownName : offered.find((protocol) => !isBearer(protocol));
}

/**
 * Whether a client offers tokens and nothing else. It would be answered with no subprotocol, which ends the connection
 * in browsers without a word.
 */
export function offersBearerOnly({ headers }: Pick<IncomingMessage, "headers">): boolean {
  const offered = offeredProtocols(headers);
  return offered.length > 0 && offered.every(isBearer);
}

/** The token among the subprotocols that a client offers. */
export function bearerOf({ headers }: Pick<IncomingMessage, "headers">): string | undefined {
  return offeredProtocols(headers).find(isBearer)?.slice(bearerPrefix.length);
}

const none: readonly string[] = [];

/** The subprotocols that a client offers, in its order. */
export function offeredProtocols(headers: IncomingMessage["headers"]): readonly string[] {
  const header = headers["sec-websocket-protocol"];
  return header === undefined ? none : header.split(",").map((protocol) => protocol.trim());
}

function isBearer(protocol: string): boolean {
  return protocol.slice(0, bearerPrefix.length).toLowerCase() === bearerPrefix;
}
