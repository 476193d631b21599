import type { LogLine } from "./fields.ts";

/** Clients: how they get in, what they ask, and how they go. */
export const clientLines = {
  public_request_refused: {
    level: "info",
    message: "Refused a request on the public port.",
    fields: ["code", "cause", "origin", "agent", "address", "suppressed"],
    action:
      "`forbidden`: add the origin to TIDEGATE_ALLOWED_ORIGINS. `bad_request`, `not_found`: change the client or the proxy as the cause says.",
  },
  connect_missing: {
    level: "info",
    message: "Closed a connection that sent no valid CONNECT.",
    fields: ["code", "cause", "origin", "agent", "address", "suppressed"],
    action:
      "`bad_request`: change the client as the cause says. `timeout`: it opened a WebSocket and said nothing.",
  },
  handshake_refused: {
    level: "info",
    message: "Refused a handshake.",
    fields: ["code", "cause", "address"],
    action:
      "`unauthorized`: see the runbook TidegateHandshakeFailures. `unavailable`: TidegateRedisUnavailable.",
  },
  handshake_failed: {
    level: "error",
    message: "Could not decide a handshake.",
    fields: ["code", "cause", "address"],
    action: "A setting that the cause names, or a fault of the gateway: then report it with the line.",
  },
  connection_opened: {
    level: "info",
    message: "Opened a connection.",
    fields: ["connection", "user", "address", "agent"],
  },
  connection_closed: {
    level: "info",
    message: "Closed a connection.",
    fields: ["connection", "user", "reason", "seconds"],
  },
  welcome_failed: {
    level: "warn",
    message: "Could not welcome a connection; its client comes back.",
    fields: ["connection", "user", "code", "cause"],
    action: "See the runbook TidegateRedisUnavailable.",
  },
  presence_not_left: {
    level: "warn",
    message: "Could not take a closed connection out of presence; it is tried again.",
    fields: ["connection", "user", "cause"],
    action: "See the runbook TidegateRedisUnavailable.",
  },
  request_failed: {
    level: "error",
    message: "Could not serve a client's request.",
    fields: ["connection", "user", "event", "cause", "err"],
    action: "A fault of the gateway: report it with the line.",
  },
  request_refused: {
    level: "debug",
    message: "Refused a client's request.",
    fields: ["connection", "user", "event", "channel", "code", "cause"],
  },
  subscribed: {
    level: "debug",
    message: "Subscribed a connection.",
    fields: ["connection", "user", "channel", "result", "from", "top", "messages", "more"],
  },
  subscribe_refused: {
    level: "debug",
    message: "Did not subscribe a connection.",
    fields: ["connection", "user", "channel", "code", "cause"],
  },
  unsubscribed: {
    level: "debug",
    message: "Unsubscribed a connection.",
    fields: ["connection", "user", "channel", "code"],
  },
  command_executed: {
    level: "debug",
    message: "Carried out a command of a backend.",
    fields: ["kind", "user", "connection", "channel", "connections"],
  },
} as const satisfies Record<string, LogLine>;
