import fc from "fast-check";
import { Decoder, Encoder, PacketType } from "socket.io-parser";
import { describe, expect, it } from "vitest";
import { encodePacket, type Packet, PacketReader } from "../../src/socketio/packet.ts";
import { wrongFrames } from "../support/wrong-frames.ts";

const types = {
  connect: PacketType.CONNECT,
  disconnect: PacketType.DISCONNECT,
  event: PacketType.EVENT,
  ack: PacketType.ACK,
  connect_error: PacketType.CONNECT_ERROR,
} as const;

const leaf = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => Uint8Array.from(bytes).buffer),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.string().filter((key) => key !== "__proto__"),
      tie("value"),
      { maxKeys: 3 },
    ),
  ),
}));
const payload = fc.array(value, { maxLength: 3 });
const name = fc.string().map((text) => `${text}!`);

/** What the official parser makes of frames. */
function officially(frames: readonly (string | ArrayBuffer)[]): unknown {
  const decoded: unknown[] = [];
  const decoder = new Decoder();
  decoder.on("decoded", (packet) => decoded.push(packet));
  for (const frame of frames) decoder.add(typeof frame === "string" ? frame : Buffer.from(frame));
  expect(decoded).toHaveLength(1);
  return decoded[0];
}

/** Buffers of both parsers, in one form. */
function plain(data: unknown): unknown {
  return JSON.parse(
    JSON.stringify(data, (_key, item) =>
      item instanceof ArrayBuffer ? { type: "Buffer", data: [...new Uint8Array(item)] } : item,
    ) ?? "null",
  );
}

function read(frames: readonly (string | ArrayBuffer)[]): (Packet | undefined)[] {
  const reader = new PacketReader();
  return frames.map((frame) => reader.read(frame));
}

describe("packets", () => {
  it("are read by the official parser", () => {
    fc.assert(
      fc.property(name, payload, fc.option(fc.nat()), (event, args, id) => {
        const data = [event, ...args];
        const key = id === null ? undefined : String(id);
        const packet = officially(encodePacket("event", data, key)) as { type: number; id?: number };
        expect(packet.type % 3).toBe(types.event);
        expect(packet.id).toBe(id ?? undefined);
        expect(plain((packet as unknown as Packet).data)).toEqual(plain(data));
      }),
    );
  });

  it("are read as the official parser writes them", () => {
    fc.assert(
      fc.property(fc.constantFrom("event", "ack"), payload, fc.nat(), (type, args, id) => {
        const data = type === "event" ? ["an event", ...args] : args;
        const frames = new Encoder().encode({ type: types[type as Packet["type"]], nsp: "/", id, data });
        const packets = read(frames.map((frame) => (typeof frame === "string" ? frame : bufferOf(frame))));
        expect(packets.slice(0, -1).every((packet) => packet === undefined)).toBe(true);
        expect(packets.at(-1)).toMatchObject({ type, id: String(id) });
        expect(plain(packets.at(-1)?.data)).toEqual(plain(data));
      }),
    );
  });

  it("of the handshake are as the official ones", () => {
    expect(encodePacket("connect", { token: "t" })).toEqual(['0{"token":"t"}']);
    expect(encodePacket("disconnect")).toEqual(["1"]);
    expect(read(['0{"sid":"s"}', "1", '4{"message":"no"}'])).toEqual([
      { type: "connect", id: undefined, data: { sid: "s" } },
      { type: "disconnect", id: undefined, data: undefined },
      { type: "connect_error", id: undefined, data: { message: "no" } },
    ]);
  });

  it("leave what looks like a placeholder alone where nothing is attached", () => {
    const data = ["event", { _placeholder: true, num: 0 }];
    expect(read([`2${JSON.stringify(data)}`])[0]?.data).toEqual(data);
  });

  it("have lines of their own kind in their texts", () => {
    expect(read(['2["event","a\u2028b"]'])[0]?.data).toEqual(["event", "a\u2028b"]);
  });
});

function bufferOf(data: ArrayBuffer | Buffer): ArrayBuffer {
  return Uint8Array.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data).buffer;
}

describe("wrong frames", () => {
  it.each(wrongFrames)("%s: it says so", (_name, frames, fault) => {
    const reader = new PacketReader();
    for (const frame of frames.slice(0, -1)) reader.read(frame);
    expect(() => reader.read(frames.at(-1) ?? "")).toThrow(fault);
  });

  it("of any kind end in an Error or a packet", () => {
    const text = fc.stringMatching(/^[0-7][0-9]{0,2}-?[0-9]{0,2}["[{\]}:,a-z_/]{0,12}$/);
    const frame = fc.oneof(text, fc.string(), fc.constant(new ArrayBuffer(2)));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), (frames) => {
        const reader = new PacketReader();
        for (const each of frames) {
          try {
            reader.read(each);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            return;
          }
        }
      }),
    );
  });
});
