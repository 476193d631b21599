import { pino } from "pino";
import { causeOf } from "./cause.ts";
import { type FieldsOf, type LogLineId, logLines, messageOf } from "./log-lines/table.ts";

/** Where the gateway logs. A call names a line of the table and gives its fields. */
export interface Log {
  /** A `cause` may be whatever was thrown; its words are written. */
  write<Id extends LogLineId>(id: Id, fields: FieldsOf<Id>): void;
  /** Whether a line of this level is written. What is logged often asks before it gathers the fields. */
  isLevelEnabled(level: LogLevel): boolean;
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
  const logger = pino(options, destination ?? standardOutput);
  return {
    write(id, fields: Record<string, unknown>) {
      const { level: severity } = logLines[id];
      if (!logger.isLevelEnabled(severity)) return;
      const written = writtenOf(fields);
      logger[severity]({ msgId: id, ...written }, messageOf(id, written));
    },
    isLevelEnabled: (asked) => logger.isLevelEnabled(asked),
  };
}

/** Characters of a text: some are chosen by clients, and some parsers list every fault of a large message. */
const longest = 500;

/** The fields as a line has them. */
function writtenOf(fields: Record<string, unknown>): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const shown = name === "cause" ? causeOf(value) : value;
    written[name] =
      typeof shown === "string" && shown.length > longest ? `${shown.slice(0, longest - 1)}…` : shown;
  }
  return written;
}

/** Not pino's own destination, which waits in a loop, signals and timers with it, once nobody reads any more. */
const standardOutput = { write: (line: string) => void process.stdout.write(line) };

const secretNames = ["token", "code", "authorization", "key", "secret", "session_key", "password"];
const secretPaths = secretNames.flatMap((name) => [`auth.${name}`, `headers.${name}`, `request.${name}`]);

export const silentLog: Log = {
  write() {},
  isLevelEnabled: () => false,
};
