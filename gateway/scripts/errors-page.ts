import { failureKinds } from "../src/errors.ts";
import { generatedNote, table } from "./markdown.ts";

const intro = `An error is \`{code, message, retryable, after?}\`. \`retryable\` says whether the same request may succeed later
unchanged, and \`after\` in how many milliseconds. A message may be more precise than the one here; programs look
at the code. The server API answers with the HTTP status. A code without one only ends a connection or a
subscription, as the code of \`goodbye\` or of \`unsubscribed\`'s error.`;

/** The page of error codes, from the table in `errors.ts`. */
export function errorsPage(): string {
  const rows = Object.entries(failureKinds).map(([code, kind]) => [
    `\`${code}\``,
    "status" in kind ? String(kind.status) : "ending",
    kind.retryable ? "yes" : "no",
    kind.message,
  ]);
  const codes = table(["Code", "HTTP", "Retryable", "Message"], rows);
  return `# Errors\n\n${generatedNote}\n\n${intro}\n\n${codes}\n`;
}
