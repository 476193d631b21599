import { Decoder, Encoder, type Packet, PacketType } from "socket.io-parser";
import { Json } from "../protocol/json.ts";

/** Writes packets whose payload is JSON already; everything else is the stock encoder's. */
export class JsonEncoder extends Encoder {
  override encode(packet: Packet): (string | Uint8Array)[] {
    const args: unknown[] = Array.isArray(packet.data) ? packet.data : [];
    const payload = args.at(-1);
    if (!(payload instanceof Json)) return super.encode(packet);
    const { text, attachments } = payload;
    const before = args.slice(0, -1).map((arg) => `${JSON.stringify(arg)},`);
    const id = packet.id ?? "";
    const type =
      attachments.length === 0 ? packet.type : `${binaryTypeOf(packet.type)}${attachments.length}-`;
    return [`${type}${id}[${before.join("")}${text}]`, ...attachments];
  }
}

function binaryTypeOf(type: PacketType): PacketType {
  return type === PacketType.ACK ? PacketType.BINARY_ACK : PacketType.BINARY_EVENT;
}

/** Stands in for the event name of a packet that is answered with `bad_request` whatever it says. */
export const refusedEvent = Symbol("refused event");

/** Decodes the text packets of all connections: each is complete in itself. */
const textDecoder = new Decoder();
let decodedText: Packet | undefined;
textDecoder.on("decoded", (packet) => {
  decodedText = packet;
});

type PacketSink = (packet: Packet) => void;

/**
 * The stock decoder behind checks that it does not make. What it throws ends the connection: a second
 * CONNECT (each would run the authentication) and any namespace but `/` (each is answered, without end).
 */
export class StrictDecoder {
  readonly #onReceived: (bytes: number) => void;
  #sink: PacketSink | undefined;
  /** There while the attachments of a packet are awaited. */
  #reconstructing: Decoder | undefined;
  #connected = false;

  constructor(onReceived: (bytes: number) => void) {
    this.#onReceived = onReceived;
  }

  on(_event: "decoded", sink: PacketSink): void {
    this.#sink = sink;
  }

  removeListener(): void {
    this.#sink = undefined;
  }

  add(chunk: string | Buffer): void {
    this.#onReceived(Buffer.byteLength(chunk));
    const beginsBinary = typeof chunk === "string" && /^[56]/.test(chunk);
    if (beginsBinary && !this.#reconstructing) this.#reconstruct();
    if (this.#reconstructing) this.#reconstructing.add(chunk);
    else {
      textDecoder.add(chunk);
      if (decodedText) this.#accept(decodedText);
    }
  }

  destroy(): void {
    this.#reconstructing?.destroy();
  }

  #reconstruct(): void {
    this.#reconstructing = new Decoder();
    this.#reconstructing.on("decoded", (packet) => {
      this.#reconstructing = undefined;
      this.#accept(packet);
    });
  }

  #accept(packet: Packet): void {
    decodedText = undefined;
    if (packet.nsp !== "/") throw new Error("unknown namespace");
    if (packet.type === PacketType.CONNECT) {
      if (this.#connected) throw new Error("second CONNECT");
      this.#connected = true;
    }
    const refused = packet.id !== undefined && !Number.isSafeInteger(packet.id);
    this.#sink?.(refused ? withoutAcknowledgement(packet) : packet);
  }
}

/** An id that JavaScript cannot hold cannot be answered either. */
function withoutAcknowledgement(packet: Packet): Packet {
  if (packet.type !== PacketType.EVENT) throw new Error("acknowledgement id out of range");
  return { type: packet.type, nsp: packet.nsp, data: [refusedEvent, ...packet.data] };
}

/** A parser for Socket.IO's server, which makes a decoder of its class for each connection. */
export function createParser(onReceived: (bytes: number) => void) {
  class ConnectionDecoder extends StrictDecoder {
    constructor() {
      super(onReceived);
    }
  }
  return { Encoder: JsonEncoder, Decoder: ConnectionDecoder };
}
