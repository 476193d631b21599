import type { Command } from "./ports.ts";

/** What a command asks and about whom, as log lines have it. */
export function describeCommand(command: Command) {
  const { kind } = command;
  const whom: { user?: string; connection?: string } = kind === "disconnect" ? command.target : command;
  const channel = "channel" in command ? command.channel : undefined;
  return { kind, user: whom.user, connection: whom.connection, channel };
}
