/*
 * Reads and writes the bytes of messages between nodes, in either of Socket.IO's formats. Both wires use it, and
 * commands and node records for their JSON. It bounds size and depth before anything is parsed: whoever may publish in
 * Redis may send anything, and every node reads it.
 */

import { encode } from "notepack.io";
import { readMsgpack } from "./msgpack.ts";

const openingBrace = 0x7b;
const quote = 0x22;
const backslash = 0x5c;
/** What each byte outside of a string does to the depth. */
const steps = Int8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return "{[".includes(character) ? 1 : "}]".includes(character) ? -1 : 0;
});

/** Levels of nesting, of which JSON.parse would take a million, and seconds for them. */
const maxJsonDepth = 256;

/** Bytes of a message to sockets, far above what one should have. */
const maxMsgpack = 1024 * 1024;
/** Bytes of a message between nodes, such as all sockets of one in answer to `fetchSockets`. */
const maxJson = 8 * 1024 * 1024;

/**
 * A message of Socket.IO's, in the one or the other of its formats.
 *
 * @throws Error where the bytes are neither; whoever may publish in Redis may send anything
 */
export function readPayload(bytes: Buffer): unknown {
  if (bytes[0] === openingBrace) return readJson(bytes);
  if (bytes.length > maxMsgpack) throw new RangeError("The message is too large.");
  return readMsgpack(bytes);
}

/** @throws Error where the bytes are no JSON, or more of it than any node writes */
export function readJson(bytes: Buffer): unknown {
  if (bytes.length > maxJson) throw new RangeError("The message is too large.");
  if (isTooDeep(bytes)) throw new RangeError("The message nests too deep.");
  try {
    return JSON.parse(bytes.toString());
  } catch {
    // The parser's error quotes the message, which may hold what users wrote, and would be logged.
    throw new SyntaxError("The message is no JSON.");
  }
}

/** Looks at bytes only, before anything is parsed: the parser itself is what has to be kept from the depth. */
function isTooDeep(json: Buffer): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (byte === quote) at = endOfText(json, at);
    else depth += steps[byte] ?? 0;
    if (depth > maxJsonDepth) return true;
  }
  return false;
}

/** @returns the index of the quote that ends the string, or the length of the bytes */
function endOfText(json: Buffer, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === quote) return at;
    if (byte === backslash) at += 1;
  }
  return json.length;
}

/** @throws Error where the value cannot be written, as a cycle cannot */
export function writeBinary(value: unknown): Buffer {
  return encode(value);
}

/** @throws TypeError as above */
export function writeJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
