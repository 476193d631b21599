/** The fields that log lines may have beside `level`, `time`, `node`, `msgId` and `msg`. */
export const logFields = {
  address: "The client's address, as seen through trusted proxies.",
  adminPort: "The port of the server API.",
  agent: "The client's User-Agent.",
  cause: "What failed, in the words of whatever failed: the system, Redis, the verifier of tokens.",
  channel: "The channel.",
  code: "The error code, of those in ERRORS.",
  connection: "The connection's id; of a command the connection that it is about.",
  connections: "Connections that the command touched.",
  err: "The error with its stack.",
  event: "The event's name, as the client sent it.",
  from: "The last position before the gap, or before the page that filled its end; or where a subscribe began to read: a position, `start`, `newest` or `top`.",
  hook: "The hook's name, as the file of TIDEGATE_CONFIG has it.",
  kind: "What the command asks: `connections`, `subscribe`, `unsubscribe`, `disconnect` or `revoke`.",
  left: "Connections that had to be cut.",
  messages: "Messages in the reply.",
  method: "The HTTP method.",
  more: "Whether the client has to ask again before the subscription is live.",
  ms: "Milliseconds from the request to the end of its answer.",
  nodes: "Other nodes that a command was sent to.",
  origin: "The request's Origin header; of a key set, where it is.",
  phase: "The phase of the stop, of those in OPERATIONS.",
  policy: "Redis' maxmemory-policy.",
  port: "The public port.",
  question: "What the hook was asked: `connect`, `subscribe`, `publish` or `request`.",
  reason:
    "Why: of a close, a code or what the transport reported; of a shortage, what there is too little of.",
  replies: "Nodes that replied in time.",
  requestId: "The id that the answer carries as `x-request-id`.",
  result: "What a subscribe with `since` came to: `recovered`, `too_old` or `reset`.",
  route: "The route's pattern, not the URL.",
  seconds: "Seconds that the connection, or the phase, lasted.",
  signal: "The signal that the process got.",
  status: "The HTTP status.",
  suppressed: "Lines of the same kind that were left out since the last one.",
  to: "The position that follows the gap, or up to which it is filled.",
  top: "The channel's newest position.",
  ttl: "Redis' repl-backlog-ttl, in seconds.",
  unreached: "Names of the nodes that did not reply in time.",
  until: "When the certificate ends.",
  user: "The user's id.",
  warning: "What is doubtful, and what to change.",
} as const;

export type LogField = keyof typeof logFields;

export interface LogLine {
  level: "debug" | "info" | "warn" | "error";
  /** The same words at every occurrence, but for `{field}`, which stands for the field's value. */
  message: string;
  fields: readonly LogField[];
  /** What an operator does about it; absent where nothing is to be done. */
  action?: string;
}
