import { Decoder, Encoder, type Packet, PacketType } from "socket.io-parser";
import { Failure } from "../errors.ts";
import { Json } from "../protocol/json.ts";
import type { EngineSocket } from "./engine-socket.ts";

/** Writes packets whose payload is JSON already; everything else is the stock encoder's. */
export class JsonEncoder extends Encoder {
  override encode(packet: Packet): (string | Uint8Array)[] {
    const args: unknown[] = Array.isArray(packet.data) ? packet.data : [];
    const payload = args.at(-1);
    if (!(payload instanceof Json)) {
      // No answer of the gateway's has binary values in it but as Json, and stock would look for them first.
      const isAnswer = packet.type === PacketType.ACK && packet.nsp === "/";
      return isAnswer ? [`${packet.type}${packet.id}${JSON.stringify(args)}`] : super.encode(packet);
    }
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

/** The connection whose packets are decoded. */
type Sender = Pick<EngineSocket, "write" | "end" | "connectSeen" | "countIdle">;

/**
 * The stock decoder, after checks that it does not make. What it throws ends the connection: a second
 * CONNECT (each would run the authentication) and any namespace but `/` (stock answers each, without end).
 */
export class StrictDecoder {
  readonly #onReceived: (bytes: number) => void;
  readonly #sender: Sender | undefined;
  #sink: PacketSink | undefined;
  /** There while the attachments of a packet are awaited. */
  #reconstructing: Decoder | undefined;
  #connected = false;
  /** What has just been decoded is an acknowledgement. */
  #isIdle = false;

  /** @param sender is told why it is ended */
  constructor(onReceived: (bytes: number) => void, sender?: Sender) {
    this.#onReceived = onReceived;
    this.#sender = sender;
  }

  on(_event: "decoded", sink: PacketSink): void {
    this.#sink = sink;
  }

  removeListener(): void {
    this.#sink = undefined;
  }

  add(chunk: string | Buffer): void {
    const bytes = Buffer.byteLength(chunk);
    this.#onReceived(bytes);
    this.#isIdle = false;
    try {
      this.#decode(chunk);
      if (this.#isIdle) this.#sender?.countIdle(1 + bytes / 256);
    } catch (error) {
      this.#sender?.end("parse error", invalidPacket(error));
      throw error;
    }
  }

  destroy(): void {
    this.#reconstructing?.destroy();
  }

  #decode(chunk: string | Buffer): void {
    const beginsBinary = typeof chunk === "string" && /^[56]/.test(chunk);
    if (beginsBinary && !this.#reconstructing) this.#reconstruct();
    if (this.#reconstructing) this.#reconstructing.add(chunk);
    else {
      textDecoder.add(chunk);
      if (decodedText) this.#accept(decodedText);
    }
  }

  #reconstruct(): void {
    this.#reconstructing = new Decoder();
    this.#reconstructing.on("decoded", (packet) => {
      this.#reconstructing = undefined;
      this.#accept(packet);
    });
  }

  #connect(): void {
    if (this.#connected) throw new Error("second CONNECT");
    this.#connected = true;
    if (this.#sender) this.#sender.connectSeen = true;
  }

  #accept(packet: Packet): void {
    decodedText = undefined;
    // Nothing is done for an answer, so no request's rate counts it.
    this.#isIdle = packet.type === PacketType.ACK || packet.type === PacketType.BINARY_ACK;
    const connects = packet.type === PacketType.CONNECT;
    if (packet.nsp !== "/") {
      if (connects && this.#sender) refuseNamespace(this.#sender, packet.nsp);
      throw new Error("unknown namespace");
    }
    if (connects) this.#connect();
    // Socket.IO ends the connection as well, and says less.
    else if (!this.#connected)
      this.#sender?.end("parse error", invalidPacket(new Error("CONNECT comes first")));
    const refused = packet.id !== undefined && !Number.isSafeInteger(packet.id);
    this.#sink?.(refused ? withoutAcknowledgement(packet) : packet);
  }
}

/**
 * As stock does, the namespace gets one CONNECT_ERROR; the DISCONNECT is for clients of version 3, which would come back
 * otherwise. Then the connection ends: who asks for thousands is answered once.
 */
function refuseNamespace(sender: Sender, namespace: string): void {
  const words = "There is no namespace but /; a path in the client's URL is taken for one.";
  const failure = new Failure("bad_request", words);
  const error = JSON.stringify({ message: "Invalid namespace", data: failure.body });
  sender.write(`${PacketType.CONNECT_ERROR}${namespace},${error}`);
  sender.write(`${PacketType.DISCONNECT}${namespace},`);
  sender.end("parse error", failure);
}

function invalidPacket(error: unknown): Failure {
  return new Failure("bad_request", `It sent an invalid packet: ${(error as Error).message}.`);
}

/** An id that JavaScript cannot hold cannot be answered either. */
function withoutAcknowledgement(packet: Packet): Packet {
  if (packet.type !== PacketType.EVENT) throw new Error("acknowledgement id out of range");
  return { type: packet.type, nsp: packet.nsp, data: [refusedEvent, ...packet.data] };
}

/**
 * A parser for Socket.IO's server, which makes a decoder of its class for each connection.
 *
 * @param opening the connection that a decoder is just made for
 */
export function createParser(onReceived: (bytes: number) => void, opening?: () => Sender | undefined) {
  class ConnectionDecoder extends StrictDecoder {
    constructor() {
      super(onReceived, opening?.());
    }
  }
  return { Encoder: JsonEncoder, Decoder: ConnectionDecoder };
}
