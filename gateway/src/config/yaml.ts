/*
 * Reads a YAML file against a schema and says of every fault in which line and column it is. `rules.ts` is its only
 * caller.
 */

import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";

type Path = readonly PropertyKey[];

/** A place in the document: where it is, and what is there. */
interface YamlPath {
  offset: number;
  path: Path;
  found: string;
}

/**
 * Reads a YAML text as the schema says.
 *
 * A message of the schema that begins with "expected" is completed with what was found.
 *
 * @returns the value, or all faults: `file:line:column path: message`
 */
export function parseYaml<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
): { value: T } | { faults: string[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) return { faults: broken.map(({ pos, message }) => `${at(pos[0])} ${message}`) };
  const plain = toPlain(document);
  if ("fault" in plain) return { faults: [`${file} ${plain.fault}`] };
  const result = schema.safeParse(plain.value);
  if (result.success) return { value: result.data };
  const faults = result.error.issues.flatMap(placed).map((fault) => locate(document, fault));
  faults.sort((a, b) => a.offset - b.offset);
  return { faults: faults.map(({ offset, message }) => `${at(offset)} ${message}`) };
}

function locate(document: Document, { path, key, message }: Fault): { offset: number; message: string } {
  const place = find(document, path);
  if (key !== undefined) {
    const offset = keyOffset(document, path, key) ?? place.offset;
    return { offset, message: format([...path, key]) + message };
  }
  const found = message.startsWith("expected") ? `, got ${place.found}` : "";
  return { offset: place.offset, message: format(place.path) + message + found };
}

/** An alias without its anchor, or one that would unfold without end, shows only here. */
function toPlain(document: Document): { value: unknown } | { fault: string } {
  try {
    return { value: document.toJS() };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

interface Fault {
  path: Path;
  /** The key at the path that does not belong there. */
  key?: string;
  message: string;
}

/** One fault for each key that does not belong, each at its own place. */
function placed(issue: z.core.$ZodIssue): Fault[] {
  const { path, message } = issue;
  if (issue.code !== "unrecognized_keys") return [{ path, message }];
  return issue.keys.map((key) => ({ path, key, message }));
}

/**
 * As far down the path as the document goes. What is missing is told at the place of what lacks it; below a
 * scalar there is no path, since a short form stands there.
 */
function find(document: Document, path: Path): YamlPath {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    if (!isMap(node) && !isSeq(node)) return { offset, path: path.slice(0, depth), found: describe(node) };
    const child: unknown = node.get(step, true);
    if (child === undefined) return { offset, path, found: "nothing" };
    node = child;
    offset = offsetOf(node) ?? offset;
  }
  return { offset, path, found: describe(node) };
}

function keyOffset(document: Document, path: Path, key: string): number | undefined {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(map)) return undefined;
  return offsetOf(map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)?.key);
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function describe(node: unknown): string {
  if (isMap(node)) return "a mapping";
  if (isSeq(node)) return "a list";
  if (isAlias(node)) return `the alias *${node.source}`;
  if (!isScalar(node) || node.value === null) return "nothing";
  return shorten(JSON.stringify(node.value) ?? "nothing");
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

function format(path: Path): string {
  const text = path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`))
    .join("")
    .replace(/^\./, "");
  return text === "" ? "" : `${text}: `;
}
