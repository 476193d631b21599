/** The fields that log lines may have beside `level`, `time`, `node`, `msgId` and `msg`. */
export const logFields = {
  address: "The client's address, as seen through trusted proxies.",
  adminPort: "The port of the server API.",
  agent: "The client's User-Agent.",
  cause: "What failed, in the words of whatever failed: the system, Redis, the verifier of tokens.",
  code: "The error code, of those in ERRORS.",
  connection: "The connection's id; of a command, the one that it is about.",
  err: "The error with its stack.",
  event: "The event's name, as the client sent it.",
  left: "Connections that had to be cut.",
  method: "The HTTP method.",
  ms: "Milliseconds from the request to the end of its answer.",
  origin: "The request's Origin header; of a key set, where it is.",
  phase: "The phase of the stop, of those in OPERATIONS.",
  policy: "Redis' maxmemory-policy.",
  port: "The public port.",
  reason:
    "Why: of a close, a code or what the transport reported; of a shortage, what there is too little of.",
  requestId: "The id that the answer carries as `x-request-id`.",
  route: "The route's pattern, not the URL.",
  seconds: "Seconds that the connection, or the phase, lasted.",
  signal: "The signal that the process got.",
  status: "The HTTP status.",
  suppressed: "Lines of the same kind that were left out since the last one.",
  ttl: "Redis' repl-backlog-ttl, in seconds.",
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
