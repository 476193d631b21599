/*
 * Tells whoever begins with long polling, as Socket.IO clients do unless they are told otherwise, that there is none.
 * An HTTP error would not: clients hide its body, report `xhr poll error`, and come again for ever. In Engine.IO's own
 * words it is a refusal like any other.
 */

import type { ServerResponse } from "node:http";
import type { Failure } from "../errors.ts";
import { randomText } from "../random.ts";

/** What stands between the packets of Engine.IO 4. */
const separator = "\u001e";

/** Milliseconds, and bytes: a handshake has them, and nobody comes so far as to use them. */
const terms = { upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 65_536 };

/**
 * Answers a request of long polling in the client's own protocol.
 *
 * @param version of Engine.IO, by the URL
 * @param origin of the page that asks, where it may read the answer
 */
export function refusePolling(
  response: ServerResponse,
  failure: Failure,
  version: "3" | "4",
  origin: string | undefined,
): void {
  const open = `0${JSON.stringify({ sid: randomText(15, "base64url"), ...terms })}`;
  const body = version === "4" ? inFour(open, failure) : inThree(open, failure);
  response.writeHead(200, { ...headers, ...(origin && readableBy(origin)) });
  response.end(body);
}

/** Takes what a client that was refused so still sends: it would report a failure in place of the refusal. */
export function takeLast(response: ServerResponse, origin: string | undefined): void {
  response.writeHead(200, { ...headers, ...(origin && readableBy(origin)) });
  response.end("ok");
}

const headers = {
  "content-type": "text/plain; charset=UTF-8",
  "cache-control": "no-store",
  connection: "close",
};

function readableBy(origin: string): Record<string, string> {
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
    vary: "Origin",
  };
}

/** The refusal, and a DISCONNECT for clients of version 3 of Socket.IO, which would come back otherwise. */
function inFour(open: string, { message, body: data }: Failure): string {
  return [open, `44${JSON.stringify({ message, data })}`, "41"].join(separator);
}

/** As Socket.IO 2 reads it: the error is a text. */
function inThree(open: string, { message }: Failure): string {
  return [open, "40", `44${JSON.stringify(message)}`].map((packet) => `${packet.length}:${packet}`).join("");
}
