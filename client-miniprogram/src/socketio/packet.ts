/*
 * Writes and reads Socket.IO's packets. HostIoSocket is the only caller. A frame of a wrong form throws, and Engine
 * ends the connection: going on after it would give attachments to the wrong message.
 */

import { isBinary, ownBuffer } from "../transports/bytes.ts";

/** Socket.IO's packets, protocol 5. A packet with binary data comes as a text with placeholders, then one frame for each. */
const types = ["connect", "disconnect", "event", "ack", "connect_error"] as const;
/** The type of a packet with binary data is higher by this. */
const binary = 3;

export interface Packet {
  type: (typeof types)[number];
  /** The digits that connect an acknowledgement with its event. */
  id: string | undefined;
  data: unknown;
}

interface Placeholder {
  _placeholder: true;
  num: number;
}

type Parts = { [key: string]: unknown };

/** A type, the number of attachments where there are some, the id of the acknowledgement, and JSON. */
const form = /^(?:([0-4])|([56])(\d+)-)(\d+)?(["[{][\s\S]*)?$/;
/** Names that no server may give its events: clients use them for events of their own. */
const reserved = /^(dis)?connect(_error)?$/;

/** @returns the packet's frames: a text, then one for each binary value */
export function encodePacket(type: Packet["type"], data?: unknown, id = ""): (string | ArrayBuffer)[] {
  const attachments: ArrayBuffer[] = [];
  const json = JSON.stringify(data, (_key, value): unknown =>
    isBinary(value)
      ? ({ _placeholder: true, num: attachments.push(ownBuffer(value)) - 1 } satisfies Placeholder)
      : value,
  );
  const count = attachments.length;
  const digit = types.indexOf(type);
  const head = count > 0 ? `${digit + binary}${count}-` : digit;
  return [head + id + (json || ""), ...attachments];
}

/** Puts packets together from the frames in which they come. */
export class PacketReader {
  /** A packet whose attachments have not all arrived. */
  #partial: Packet | undefined;
  #attachments: ArrayBuffer[] = [];
  /** How many attachments it has. */
  #count = 0;

  /**
   * @returns the packet that the frame completes; undefined where the packet needs more frames
   * @throws Error that says what is wrong with the frame
   */
  read(frame: string | ArrayBuffer): Packet | undefined {
    if ((typeof frame === "string") === !!this.#partial) throw new Error("a wrong attachment");
    if (typeof frame === "string") this.#begin(frame);
    else this.#attachments.push(frame);
    const packet = this.#partial;
    if (!packet || this.#attachments.length < this.#count) return undefined;
    this.#partial = undefined;
    // Data without attachments is not walked: it may hold objects that look like placeholders.
    if (this.#count > 0) packet.data = filled(packet.data, this.#attachments);
    if (!isSound(packet)) throw new Error("a packet with wrong data");
    return packet;
  }

  #begin(text: string): void {
    const [, digit, mixed, count = 0, id, json] = form.exec(text) || [];
    const type = types[Number(digit || Number(mixed) - binary)];
    if (!type) throw new Error("an unknown packet");
    this.#partial = { type, id, data: json && JSON.parse(json) };
    this.#attachments = [];
    this.#count = Number(count);
  }
}

/** Puts the attachments in their places. */
function filled(value: unknown, attachments: readonly ArrayBuffer[]): unknown {
  if (!value || typeof value !== "object") return value;
  const { _placeholder, num } = value as Partial<Placeholder>;
  if (_placeholder === true) {
    const attachment = typeof num === "number" && attachments[num];
    if (!attachment) throw new Error("a wrong attachment");
    return attachment;
  }
  const parts = value as Parts;
  for (const key of Object.keys(parts)) parts[key] = filled(parts[key], attachments);
  return parts;
}

function isSound({ type, data }: Packet): boolean {
  if (type !== "event" && type !== "ack") return true;
  return Array.isArray(data) && (type === "ack" || (typeof data[0] === "string" && !reserved.test(data[0])));
}
