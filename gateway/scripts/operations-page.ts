import { readFileSync } from "node:fs";
import { type PhaseName, phases, stopMargin } from "../src/ops/shutdown.ts";
import { wrapped } from "./markdown.ts";

const begin =
  "<!-- Made by `npm run generate` from gateway/src/ops/shutdown.ts, up to the next remark. -->\n";
const end = "<!-- From here on written by hand. -->\n";

/** The page as it stands, with its list of what a node does when it stops made anew. */
export function operationsPage(): string {
  const page = readFileSync(new URL("../docs/OPERATIONS.md", import.meta.url), "utf8");
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error("OPERATIONS.md has lost its two remarks.");
  return `${before}${begin}\n${phaseList()}\n\n${end}${after}`;
}

function phaseList(): string {
  const items = (Object.keys(phases) as PhaseName[]).map((name, index) => {
    const { limit, text } = phases[name];
    const bound = `${name === "drain" ? "the window + " : ""}${limit / 1_000} s`;
    return wrapped(`${index + 1}. \`${name}\` (${bound} at most). ${text}`, 3);
  });
  const [most, usual] = [stopMargin, stopMargin - phases.cut.limit].map((margin) => margin / 1_000);
  const bound = `**The bound is window + ${most} s**, the sum of all, whatever Redis does: frozen or gone, a node exits in time. Where nobody has to be cut it is done within window + ${usual} s.`;
  return `${items.join("\n")}\n\n${wrapped(bound)}`;
}
