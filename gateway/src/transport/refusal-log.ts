import type { IncomingMessage } from "node:http";
import { TokenBucket } from "../connection/token-bucket.ts";
import type { ErrorCode, Failure } from "../errors.ts";
import type { Log } from "../log.ts";

/** Lines at once, and a second, of each code: those who are refused come back, and everybody may come. */
const burst = 10;
const perSecond = 0.2;

/** Characters of a header that a line shows. */
const shownCharacters = 128;

/**
 * Logs the upgrades that are refused for good. Clients hear of a failed WebSocket and no more, so the line is all that
 * tells the operator why they do not get in. What may get better by itself is counted only.
 *
 * @param addressOf the client's address, seen through trusted proxies
 */
export function createRefusalLog(log: Log, addressOf: (request: IncomingMessage) => string) {
  const buckets = new Map<ErrorCode, { bucket: TokenBucket; omitted: number }>();
  return (failure: Failure, request: IncomingMessage): void => {
    const { code, message, retryable } = failure;
    if (retryable) return;
    const lines = buckets.get(code) ?? { bucket: new TokenBucket(perSecond, burst), omitted: 0 };
    buckets.set(code, lines);
    if (!lines.bucket.take()) {
      lines.omitted += 1;
      return;
    }
    const { origin, "user-agent": agent = "" } = request.headers;
    const shown = { origin: origin === undefined ? undefined : shownOrigin(origin), agent: cut(agent) };
    const { omitted } = lines;
    lines.omitted = 0;
    log.info({ code, cause: message, ...shown, address: addressOf(request), omitted }, "refused");
  };
}

/** Some clients send their whole URL as the origin, in which a token or a password may stand. */
function shownOrigin(origin: string): string {
  return cut(origin.replace(/[?#].*$/s, "").replace(/\/\/.*@/s, "//…@"));
}

function cut(text: string): string {
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters - 1)}…`;
}
