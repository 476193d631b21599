import type { Command } from "./ports.ts";
import type { ReportKind } from "./reports.ts";

/** What a command asks and about whom, as log lines have it. A question to nodes is about nobody. */
export function describeCommand(command: Command | { kind: ReportKind }) {
  const { kind } = command;
  const whom: { user?: string | undefined; connection?: string } =
    "target" in command ? command.target : { user: "user" in command ? command.user : undefined };
  const channel = "channel" in command ? command.channel : undefined;
  return { kind, user: whom.user, connection: whom.connection, channel };
}
