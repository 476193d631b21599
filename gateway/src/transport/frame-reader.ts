/*
 * Reads the WebSocket frames of one client (RFC 6455, section 5). `websocket.ts` feeds it what the socket brings. It holds
 * an object for a client only while something of it is incomplete: most of a gateway's connections are idle. Whatever it
 * lets through has the form that the RFC asks for, so nothing behind it looks at frames again.
 */

import { isUtf8 } from "node:buffer";
import { Failure } from "../errors.ts";
import { Gathered } from "./gathered.ts";

/** The close codes of RFC 6455, section 7.4.1, for what a client's frames break. */
const protocolError = 1002;
const notUtf8 = 1007;
const unreasonable = 1008;
const tooLarge = 1009;

/** The second nibble of a frame's first byte. */
export const opcodes = { rest: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const known = new Set<number>(Object.values(opcodes));

const finBit = 0x80;
const reservedBits = 0x70;
const controlBit = 0x08;
const maskBit = 0x80;
const maskSize = 4;
/** Bytes of a control frame's payload. */
const maxControl = 125;
/** Frames of one message; a client that sends more to one of 64 KiB means no good. */
const maxFragments = 64;

/** Pings, pongs and the like in one read of the socket: an honest client sends one now and then. */
const maxControls = 256;

/** A message of which some frames have come. */
interface Fragments {
  opcode: number;
  count: number;
  payload: Gathered;
}

/** Where a frame's parts are in the bytes that hold it. */
interface Frame {
  first: number;
  payload: number;
  end: number;
}

/** One for all readers, since a frame is done with before the next is looked for. */
const frame: Frame = { first: 0, payload: 0, end: 0 };

export abstract class FrameReader {
  readonly #maxPayload: number;
  /** Bytes that wait: the beginning of a frame, or all that came while it is held. */
  #unread: Gathered | undefined;
  #fragments: Fragments | undefined;
  #reading = false;
  /** What comes waits. */
  protected held = false;
  /** Of what comes only a close frame is of interest. */
  protected deaf = false;
  /** Nothing that comes is of interest. */
  protected over = false;

  /** @param maxPayload bytes of one message, all its frames together */
  constructor(maxPayload: number) {
    this.#maxPayload = maxPayload;
  }

  protected abstract onMessage(data: Buffer, isBinary: boolean): void;
  protected abstract onPing(data: Buffer): void;
  protected abstract onPong(data: Buffer): void;
  /** @param code 1005 where the client gave none */
  protected abstract onClose(code: number): void;
  /** The client broke the protocol: nothing that follows is read. @param code to close with */
  protected abstract onFault(code: number, failure: Failure): void;

  /** Reads what has come, or what has waited. Whoever is told of a message may hold the rest, and let it go on. */
  protected read(chunk?: Buffer): void {
    let bytes = chunk;
    if (this.#unread) {
      if (chunk) this.#unread.add(chunk);
      bytes = this.#unread.bytes;
    }
    if (!bytes || this.#reading) return;
    this.#reading = true;
    const used = this.#readAll(bytes);
    this.#reading = false;
    if (used === bytes.length) this.#unread = undefined;
    else if (this.#unread) this.#unread.drop(used);
    else this.#unread = new Gathered(bytes.subarray(used));
  }

  /** @returns bytes that need not be read again */
  #readAll(bytes: Buffer): number {
    let at = 0;
    let controls = 0;
    while (at < bytes.length && !this.held && !this.over && this.#find(bytes, at)) {
      const { first, payload, end } = frame;
      at = end;
      if (first & controlBit) controls += 1;
      unmask(bytes, payload, end);
      if (controls > maxControls) this.#fail(unreasonable, "It sends too many pings or pongs.");
      else this.#take(first, bytes.subarray(payload, end));
    }
    return this.over ? bytes.length : at;
  }

  /** Finds the frame that begins at a place. @returns false where more has to come first, or it is none */
  #find(bytes: Buffer, at: number): boolean {
    if (at + 2 > bytes.length) return false;
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    const short = second & ~maskBit;
    const header = headerSize(short);
    const fault = this.#faultOf(first, second);
    if (fault) return this.#fail(protocolError, fault);
    if (at + header > bytes.length) return false;
    const length = short < 126 ? short : lengthAt(bytes, at, short);
    if (length > this.#maxPayload - (first & controlBit ? 0 : this.#gatheredBytes)) {
      this.#end(tooLarge, new Failure("too_large"));
      return false;
    }
    frame.first = first;
    frame.payload = at + header;
    frame.end = at + header + length;
    return frame.end <= bytes.length;
  }

  get #gatheredBytes(): number {
    return this.#fragments?.payload.bytes.length ?? 0;
  }

  #faultOf(first: number, second: number): string | undefined {
    const opcode = first & 0x0f;
    if ((first & reservedBits) !== 0) return "A reserved bit of a frame is set.";
    if (!known.has(opcode)) return `Frames of type ${opcode} are unknown.`;
    if ((second & maskBit) === 0) return "A frame of a client is masked.";
    if (opcode & controlBit) {
      const isWhole = (first & finBit) !== 0 && (second & ~maskBit) <= maxControl;
      return isWhole ? undefined : "A control frame is whole, and has at most 125 bytes.";
    }
    const goesOn = opcode === opcodes.rest;
    if (goesOn === (this.#fragments !== undefined)) return undefined;
    return goesOn ? "A frame goes on with a message that has not begun." : "A message begins within another.";
  }

  #take(first: number, payload: Buffer): void {
    const opcode = first & 0x0f;
    if (opcode === opcodes.close) this.#takeClose(payload);
    else if (this.deaf) return;
    else if (opcode === opcodes.ping) this.onPing(payload);
    else if (opcode === opcodes.pong) this.onPong(payload);
    else if (first & finBit && !this.#fragments) this.#tell(opcode, payload);
    else this.#gather(opcode, payload, (first & finBit) !== 0);
  }

  #gather(opcode: number, payload: Buffer, isLast: boolean): void {
    this.#fragments ??= { opcode, count: 0, payload: new Gathered() };
    const fragments = this.#fragments;
    fragments.payload.add(payload);
    fragments.count += 1;
    if (isLast) {
      this.#fragments = undefined;
      this.#tell(fragments.opcode, fragments.payload.bytes);
    } else if (fragments.count > maxFragments) this.#fail(unreasonable, "A message has too many frames.");
  }

  #tell(opcode: number, data: Buffer): void {
    if (opcode === opcodes.text && !isUtf8(data)) this.#fail(notUtf8, "A text is not UTF-8.");
    else this.onMessage(data, opcode === opcodes.binary);
  }

  #takeClose(payload: Buffer): void {
    if (payload.length === 0) this.onClose(1005);
    else if (payload.length === 1 || !isCloseCode(payload.readUInt16BE(0))) {
      this.#fail(protocolError, "The code of a close frame is none.");
    } else if (!isUtf8(payload.subarray(2))) this.#fail(notUtf8, "The reason of a close frame is not UTF-8.");
    else this.onClose(payload.readUInt16BE(0));
  }

  #fail(code: number, words: string): false {
    this.#end(code, new Failure("bad_request", words));
    return false;
  }

  #end(code: number, failure: Failure): void {
    this.over = true;
    this.#fragments = undefined;
    this.onFault(code, failure);
  }
}

function headerSize(short: number): number {
  if (short < 126) return 2 + maskSize;
  return (short === 126 ? 4 : 10) + maskSize;
}

/** The length of a frame that has it behind its second byte; too large to be allowed where it does not fit into 32 bits. */
function lengthAt(bytes: Buffer, at: number, short: number): number {
  if (short === 126) return bytes.readUInt16BE(at + 2);
  return bytes.readUInt32BE(at + 2) > 0 ? Number.POSITIVE_INFINITY : bytes.readUInt32BE(at + 6);
}

/** In place: nobody reads the bytes twice. The mask stands before the payload. */
function unmask(bytes: Buffer, payload: number, end: number): void {
  const mask = bytes.readInt32LE(payload - maskSize);
  if (mask === 0) return;
  for (let at = payload, turned = mask; at < end; at += 1) {
    bytes[at] = (bytes[at] ?? 0) ^ (turned & 0xff);
    turned = (turned >>> 8) | (turned << 24);
  }
}

/** RFC 6455, section 7.4: those that a peer may send. */
function isCloseCode(code: number): boolean {
  if (code >= 3_000) return code < 5_000;
  return code >= 1_000 && code <= 1_014 && code !== 1_004 && code !== 1_005 && code !== 1_006;
}
