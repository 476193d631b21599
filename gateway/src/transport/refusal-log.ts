import type { IncomingMessage } from "node:http";
import type { Failure } from "../errors.ts";
import type { Log } from "../log.ts";
import { ThrottledLog } from "../throttled-log.ts";

/** Lines at once of each code: those who are refused come back, and everybody may come. */
const burst = 10;

/** Characters of a header that a line shows. */
const shownCharacters = 128;

/**
 * Logs those who are refused for good before their CONNECT. Clients hear of a failed WebSocket and no more, so the line
 * is all that tells the operator why they do not get in. What may get better by itself is counted only.
 *
 * @param addressOf the client's address, seen through trusted proxies
 */
export function createRefusalLog(log: Log, addressOf: (request: IncomingMessage) => string) {
  const throttledLog = new ThrottledLog(log, { burst });
  return (
    failure: Failure,
    request: IncomingMessage,
    line: "public_request_refused" | "connect_missing" = "public_request_refused",
  ): void => {
    const { code, retryable } = failure;
    if (retryable) return;
    const { origin, "user-agent": agent = "" } = request.headers;
    const shown = { origin: origin === undefined ? undefined : shownOrigin(origin), agent: cut(agent) };
    throttledLog.write(line, { code, cause: failure, ...shown, address: addressOf(request) }, code);
  };
}

/** Some clients send their whole URL as the origin, in which a token or a password may stand. */
function shownOrigin(origin: string): string {
  return cut(origin.replace(/[?#].*$/s, "").replace(/\/\/.*@/s, "//…@"));
}

function cut(text: string): string {
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters - 1)}…`;
}
