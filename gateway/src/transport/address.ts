import type { IncomingMessage } from "node:http";
import proxyAddr from "proxy-addr";

/**
 * @param trusted addresses, ranges, or names of ranges whose X-Forwarded-For is believed
 * @returns the client's address: the first one from the right that is not a trusted proxy
 */
export function addressReader(trusted: readonly string[]): (request: IncomingMessage) => string {
  const trust = proxyAddr.compile([...trusted]);
  return (request) => {
    // A peer that has gone already has no address any more.
    const { remoteAddress = "" } = request.socket;
    const forwarded = trusted.length > 0 ? request.headers["x-forwarded-for"] : undefined;
    if (forwarded === undefined || remoteAddress === "") return plain(remoteAddress);
    const bare = String(forwarded).split(",").map(withoutPort).join();
    const { socket } = request;
    const read = { socket, headers: { "x-forwarded-for": bare } } as unknown as IncomingMessage;
    // A copy: a part of a string keeps the whole header, for as long as the connection has its address.
    return Buffer.from(plain(proxyAddr(read, trust))).toString();
  };
}

/** Some proxies write the client's port too, with which every connection would come from an address of its own. */
function withoutPort(entry: string): string {
  const [, inBrackets, ofFour] = /^"?(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)"?$/.exec(entry.trim()) ?? [];
  return inBrackets ?? ofFour ?? entry.trim();
}

/** A socket of IPv6 that takes IPv4 too, as the gateway's does, writes such a peer as `::ffff:203.0.113.9`. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
}
