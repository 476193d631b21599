/*
 * Writes and reads the packets of messages, the one form in which a message exists: on the wire, in Redis and in
 * replies.
 */

import { Encoder, PacketType } from "socket.io-parser";
import { renumberPlaceholders } from "./binary.ts";
import { formatPosition, type Position } from "./position.ts";

/**
 * Engine.IO packets of events, written once by the publisher's node and never parsed again on the way
 * to a socket: `42["message",{…}]`, or `451-["message",{…}]` followed by its binary attachments.
 */
export interface PacketHead {
  /** The packet up to the closing `}]` of its payload, where the position goes. */
  head: string;
  attachments: readonly Uint8Array[];
}

const encoder = new Encoder();
const messageEvent = '["message",';

/**
 * @param payload a JSON object with at least one member; binary values in it become attachments
 * @param binary whether it may have binary values; where it has none, the search for them is most of the work
 */
export function encodeHead(event: string, payload: object, binary = true): PacketHead {
  if (!binary) {
    return { head: wellFormed(`42["${event}",${JSON.stringify(payload).slice(0, -1)}`), attachments: [] };
  }
  const [text, ...attachments] = encoder.encode({ type: PacketType.EVENT, nsp: "/", data: [event, payload] });
  // What arrived is a view on a larger read buffer, all of which a stored message would keep alive.
  return {
    head: wellFormed(`4${text}`.slice(0, -2)),
    attachments: attachments.map((bytes) => Buffer.from(bytes)),
  };
}

/** An escape of JSON; an escaped backslash is one too, and what follows it none. */
const escaped = /\\(?:u([0-9a-f]{4})|.)/g;

/**
 * Half a character, as a text has it that was cut inside an emoji, becomes U+FFFD: many languages cannot have it in a
 * text, and their clients drop the whole packet, or the whole recovery that it is in. `JSON.stringify` escapes nothing
 * else so, which makes the search for it cheap.
 */
function wellFormed(json: string): string {
  if (!json.includes("\\ud")) return json;
  return json.replace(escaped, (whole, code: string | undefined) => (code?.[0] === "d" ? "\ufffd" : whole));
}

/** The whole packet: the head, the position where there is one, the end. */
export function completePacket(head: string, position: Position | undefined): string {
  return position === undefined ? `${head}}]` : `${head},"position":"${formatPosition(position)}"}]`;
}

/** How a message ends where a gateway's node has written it: nothing that the publisher chose stands there. */
const ending = /"time":(\d{13})(?:,"position":"[^"]{1,60}")?\}\]$/;
const endingLength = 120;

/** When a message was published, in Unix milliseconds; undefined where its complete packet does not say it. */
export function publishedAt(packet: string | Uint8Array): number | undefined {
  const end = packet.slice(-endingLength);
  const time = ending.exec(typeof end === "string" ? end : Buffer.from(end).toString("latin1"))?.[1];
  return time === undefined ? undefined : Number(time);
}

/** The payload's JSON out of a complete `message` packet. */
export function messageOf(packet: string): string {
  return packet.slice(packet.indexOf(messageEvent) + messageEvent.length, -1);
}

/**
 * Joins stored messages to one JSON array. The placeholders of binary messages count from 0 in each
 * stored text and across the whole packet on the wire, so those texts are renumbered.
 */
export function joinMessages(
  entries: readonly { message: string; attachments: readonly Uint8Array[] }[],
  attachments: Uint8Array[],
): string {
  const texts = entries.map((entry) => {
    if (entry.attachments.length === 0) return entry.message;
    const first = attachments.length;
    attachments.push(...entry.attachments);
    return first === 0 ? entry.message : renumberPlaceholders(entry.message, first);
  });
  return `[${texts.join(",")}]`;
}
