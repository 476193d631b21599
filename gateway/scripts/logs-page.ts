import { clientLines } from "../src/log-lines/clients.ts";
import { type LogLine, logFields } from "../src/log-lines/fields.ts";
import { hookLines } from "../src/log-lines/hooks.ts";
import { nodeLines } from "../src/log-lines/node.ts";
import { redisLines } from "../src/log-lines/redis.ts";
import { generatedNote, table } from "./markdown.ts";

const intro = `The log is JSON lines on standard output. Every line has \`level\`, \`time\`, \`node\`, \`msgId\` and \`msg\`; what else it may
have stands beside it here, and a field without a value is left out. \`msgId\` is the line's id: filter by it, since the
words of \`msg\` may become better.

\`\`\`sh
kubectl -n tidegate logs $POD | jq -c 'select(.msgId == "handshake_refused")'
\`\`\`

\`TIDEGATE_LOG_LEVEL\` is the least severe level that is written. \`debug\` adds a line for each request that is refused, each
subscribe with its outcome, each gap and each command; these cost nothing while the level is another. No line has a
payload, a token, a key or a login code.

A line with \`suppressed\` is written once in a while, however often what it tells of comes: one in 5 s, of refusals 10 of
each code at once.`;

const rooms: [title: string, lines: Record<string, LogLine>][] = [
  ["The node", nodeLines],
  ["Clients", clientLines],
  ["Hooks", hookLines],
  ["Redis and the other nodes", redisLines],
];

/** The page of log lines, from the table in `log-lines/`. */
export function logsPage(): string {
  const fields = Object.entries(logFields).map(([name, about]) => [`\`${name}\``, about]);
  const parts = [
    "# Logs",
    generatedNote,
    intro,
    ...rooms.flatMap(([title, lines]) => [`## ${title}`, linesTable(lines)]),
    "## Fields",
    table(["Field", "What it says"], fields),
  ];
  return `${parts.join("\n\n")}\n`;
}

function linesTable(lines: Record<string, LogLine>): string {
  const rows = Object.entries(lines).map(([id, { level, message, fields, action = "–" }]) => [
    `\`${id}\``,
    level,
    message.replaceAll(/\{(\w+)\}/g, "*$1*"),
    fields.map((field) => `\`${field}\``).join(", "),
    action,
  ]);
  return table(["Line", "Level", "Message", "Fields", "What to do"], rows);
}
