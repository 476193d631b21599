import { type ErrorCode, failureKinds } from "../src/errors.ts";
import { closeCodes } from "../src/protocol/close-codes.ts";
import { generatedNote, table } from "./markdown.ts";

const intro = `An error is \`{code, message, retryable, after?}\`. \`retryable\` says whether the same request may succeed later
unchanged, and \`after\` in how many milliseconds. A message may be more precise than the one here; programs look
at the code. The server API answers with the HTTP status. A code without one only ends a connection or a
subscription, as the code of \`goodbye\` or of \`unsubscribed\`'s error.

The last column is how a WebSocket at \`/ws\` or \`/json\` is closed (PROTOCOL, section 11). A client looks at the hundred:
44xx does not come back unchanged; 45xx, and everything else, comes back. Where there are two, the first is for good.`;

/** The page of error codes, from the table in `errors.ts`. */
export function errorsPage(): string {
  const rows = Object.entries(failureKinds).map(([code, kind]) => [
    `\`${code}\``,
    "status" in kind ? String(kind.status) : "ending",
    kind.retryable ? "yes" : "no",
    kind.message,
    closeCodesOf(code as ErrorCode),
  ]);
  const codes = table(["Code", "HTTP", "Retryable", "Message", "Close code"], rows);
  return `# Errors\n\n${generatedNote}\n\n${intro}\n\n${codes}\n`;
}

function closeCodesOf(code: ErrorCode): string {
  const { stays, returns } = closeCodes[code];
  return [stays, returns].filter((number) => number !== undefined).join(" · ");
}
