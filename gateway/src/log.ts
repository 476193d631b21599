import { pino } from "pino";

/** The part of a logger that the gateway uses: an object of fields, then a message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Whether a line of this level is written; where it is absent, all are. */
  isLevelEnabled?(level: LogLevel): boolean;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/**
 * JSON lines on standard output, one an event. Callers name the fields that they log; the redaction
 * is the net below them, for the names under which a secret could arrive inside a logged object.
 */
export function createLog(level: LogLevel, node: string, destination?: { write(line: string): void }): Log {
  const options = {
    level,
    base: { node },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretPaths, censor: "[secret]" },
  };
  return pino(options, destination ?? standardOutput);
}

/** Not pino's own destination, which waits in a loop, signals and timers with it, once nobody reads any more. */
const standardOutput = { write: (line: string) => void process.stdout.write(line) };

const secretNames = ["token", "code", "authorization", "key", "secret", "session_key", "password"];
const secretPaths = secretNames.flatMap((name) => [`auth.${name}`, `headers.${name}`, `request.${name}`]);

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
