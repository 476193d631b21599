/* Binary values inside a message's data. They leave as attachments of the packet, which Socket.IO's clients bound. */

import { Failure } from "../errors.ts";

/** Binary values in one packet. Socket.IO's parser ends the connection that is sent more. */
export const maxAttachments = 10;

/**
 * How many binary values the data holds; one that stands in several places counts as often, since each place would
 * get a copy of its own.
 *
 * @throws Failure `bad_request` for an object such as a dialect puts in the place of a binary value: to Socket.IO's
 * clients a forged one beside real ones ends the connection, and to others it would be bytes that nobody sent
 */
export function countBinary(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 1;
  if ("_placeholder" in value && value._placeholder === true) {
    throw new Failure("bad_request", "`data` may not hold an object whose `_placeholder` is true.");
  }
  if ("_binary" in value && typeof value._binary === "string") {
    throw new Failure("bad_request", "`data` may not hold an object whose `_binary` is a text.");
  }
  let count = 0;
  for (const child of Array.isArray(value) ? value : Object.values(value)) count += countBinary(child);
  return count;
}

/** Inside a JSON string the quotes would be escaped, so this finds placeholders and nothing else. */
const placeholder = /\{"_placeholder":true,"num":(\d+)\}/g;

/** Counts the placeholders in a JSON text on from `first`. */
export function renumberPlaceholders(text: string, first: number): string {
  return text.replace(placeholder, (_match, num) => `{"_placeholder":true,"num":${Number(num) + first}}`);
}

/** The JSON text with each binary value in its place, as `{"_binary": "<base64>"}`. */
export function inlineBinary(text: string, attachments: readonly Uint8Array[]): string {
  if (attachments.length === 0) return text;
  return text.replace(placeholder, (match, num) => {
    const bytes = attachments[Number(num)];
    return bytes ? `{"_binary":"${base64Of(bytes)}"}` : match;
  });
}

/**
 * The value with each binary value in its place, as `{"_binary": "<base64>"}`; a copy where it holds any.
 *
 * @param value of a depth that was checked, and without an object that `countBinary` refuses
 */
export function inlined(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return { _binary: base64Of(value as Uint8Array) };
  if (value instanceof ArrayBuffer) return { _binary: base64Of(new Uint8Array(value)) };
  if (Array.isArray(value)) return value.map(inlined);
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, inlined(child)]));
}

function base64Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Takes the binary values that stand in a parsed JSON value as `{"_binary": "<base64>"}`; the value is changed in
 * place. An object that has other members too, or no base64, stays what it is, for `countBinary` to refuse.
 *
 * @param value of a depth that was checked, since each level is a call
 */
export function extractBinary(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (const [index, child] of value.entries()) value[index] = extractBinary(child);
    return value;
  }
  const members = Object.entries(value);
  const [first] = members;
  if (members.length === 1 && first?.[0] === "_binary" && typeof first[1] === "string") {
    return base64.test(first[1]) ? Buffer.from(first[1], "base64") : value;
  }
  for (const [name, child] of members) {
    const found = extractBinary(child);
    // Not an assignment, which to a member named __proto__ would give the object another prototype.
    if (found !== child) Object.defineProperty(value, name, { value: found });
  }
  return value;
}
