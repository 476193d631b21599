/*
 * What the `log` option is told, and the care that nothing secret is in it. Dialer, SessionKeeper and Recovery write
 * here. People paste these lines into issues, so a token in an address would be published.
 */

import { reportMistake, type TideError } from "./errors.ts";

/**
 * - `dial`: `{address, credentials}`, a socket is opened; `credentials` is `token`, `code` or `none`
 * - `welcome`: `{connection, node, channels, milliseconds}` since the dial
 * - `ending`: `{kind, code?, message?, retryable?, welcomed, milliseconds}` of a connection, or of an attempt to log in
 * - `subscribe`: `{channel, outcome, messages?}`; `outcome` is `live`, `recovered`, `reset` or the gateway's code
 * - `retry`: `{milliseconds, code}`, the wait before the next attempt, and why
 */
export type LogEvent = "dial" | "welcome" | "ending" | "subscribe" | "retry";

export type LogDetail = { [name: string]: string | number | boolean | undefined };

/** Receives what happens to the connection. Nothing secret is in it: no token, no login code, no query of an address. */
export type Log = (event: LogEvent, detail: LogDetail) => void;

/** The page's log function, whose mistakes stop nothing. */
export function safeLog(log: Log | undefined): Log {
  return (event, detail) => {
    try {
      log?.(event, detail);
    } catch (error) {
      reportMistake(error);
    }
  };
}

/** A text without what addresses in it may have that is secret: a query, or a name and password. */
export function withoutSecrets(text: string): string {
  return text.replace(/\?\S+/g, "").replace(/\/\/[^\s/@]*@/g, "//");
}

/** A failure, as a log may have it. */
export function causeDetail(cause: TideError | undefined): LogDetail {
  if (!cause) return {};
  const { code, message, retryable } = cause;
  return { code, message: withoutSecrets(message), retryable };
}
