/*
 * Leads clients of other languages through a gateway, and writes what they came to into docs/CLIENTS.md:
 * `npm run zoo --workspace gateway`, or with the beginning of a name, one of them. It fetches their libraries from
 * npm, PyPI and Maven Central, into a folder that it keeps, so it is no part of CI.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../support/gateway.ts";
import { kinds } from "./kinds.ts";
import { type Findings, visit } from "./visit.ts";

const page = join(import.meta.dirname, "../../docs/CLIENTS.md");
const markers = { begin: "<!-- made by npm run zoo -->", end: "<!-- end -->" };

function tableOf(visits: readonly { name: string; version: string; findings: Findings }[]): string {
  const columns = Object.keys(visits[0]?.findings ?? {});
  const rows = visits.map(({ name, version, findings }) => [
    name,
    version,
    ...columns.map((column) => findings[column] ?? ""),
  ]);
  const head = ["client", "version", ...columns];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function write(table: string): void {
  const text = readFileSync(page, "utf8");
  const [before = "", rest = ""] = text.split(markers.begin);
  const [, after = ""] = rest.split(markers.end);
  writeFileSync(page, `${before}${markers.begin}\n\n${table}\n\n${markers.end}${after}`);
}

const folder = join(tmpdir(), "tidegate-zoo");
await mkdir(folder, { recursive: true });
const [, , chosen] = process.argv;
const gateway = await startGateway();
const visits: { name: string; version: string; findings: Findings }[] = [];
for (const kind of kinds.filter(({ name }) => name.startsWith(chosen ?? ""))) {
  await kind.prepare(folder);
  const findings = await visit(kind, folder, gateway);
  process.stdout.write(`${kind.name} ${kind.version}: ${JSON.stringify(findings)}\n`);
  visits.push({ name: kind.name, version: kind.version, findings });
}
await gateway.stop();
if (chosen === undefined) write(tableOf(visits));
