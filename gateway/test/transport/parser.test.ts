import { Decoder, Encoder, type Packet, PacketType } from "socket.io-parser";
import { beforeEach, describe, expect, it } from "vitest";
import { Json } from "../../src/protocol/json.ts";
import { createParser, JsonEncoder, refusedEvent, StrictDecoder } from "../../src/transport/parser.ts";

const { EVENT, ACK, CONNECT } = PacketType;
const blobs = [Buffer.from([1, 2]), Buffer.from([3])];

/** A payload as a value, and as JSON that is written already. */
const payloads = {
  "no attachments": { value: { ok: true, text: '"潮"\n' }, attachments: [] },
  attachments: { value: { a: blobs[0], b: [1, blobs[1]] }, attachments: blobs },
};

function jsonOf(attachments: readonly Uint8Array[]): Json {
  const place = (num: number) => ({ _placeholder: true, num });
  const value =
    attachments.length === 0 ? payloads["no attachments"].value : { a: place(0), b: [1, place(1)] };
  return new Json(JSON.stringify(value), attachments);
}

const packets: [string, (payload: unknown) => Packet][] = [
  ["an event", (payload) => ({ type: EVENT, nsp: "/", data: ["welcome", payload] })],
  ["an event with an id", (payload) => ({ type: EVENT, nsp: "/", id: 12, data: ["ask", payload] })],
  ["an acknowledgement", (payload) => ({ type: ACK, nsp: "/", id: 0, data: [payload] })],
];

describe("the encoder", () => {
  const cases = packets.flatMap(([name, packetOf]) =>
    Object.entries(payloads).map(([kind, { value, attachments }]) => ({
      name,
      kind,
      packetOf,
      value,
      attachments,
    })),
  );

  it.each(cases)("writes JSON in $name with $kind as the stock one writes the value", (test) => {
    const written = new JsonEncoder().encode(test.packetOf(jsonOf(test.attachments)));
    const stock = new Encoder().encode(test.packetOf(test.value));
    expect(written).toEqual(stock);
    const read: Packet[] = [];
    const decoder = new Decoder();
    decoder.on("decoded", (packet) => read.push(packet));
    for (const part of written) decoder.add(part);
    expect(read).toEqual([expect.objectContaining(test.packetOf(test.value))]);
  });

  it("leaves every other packet to the stock one", () => {
    const others: Packet[] = [
      { type: CONNECT, nsp: "/", data: { sid: "x" } },
      { type: PacketType.DISCONNECT, nsp: "/" },
      { type: PacketType.CONNECT_ERROR, nsp: "/", data: { message: "no" } },
      { type: EVENT, nsp: "/", data: ["a", { b: 1 }] },
      { type: EVENT, nsp: "/", data: ["a", blobs[0]] },
    ];
    for (const packet of others) {
      expect(new JsonEncoder().encode(structuredClone(packet))).toEqual(
        new Encoder().encode(structuredClone(packet)),
      );
    }
  });
});

describe("the decoder", () => {
  let decoded: Packet[];
  let bytes: number;
  let decoder: StrictDecoder;

  beforeEach(() => {
    decoded = [];
    bytes = 0;
    decoder = new StrictDecoder((received) => {
      bytes += received;
    });
    decoder.on("decoded", (packet) => decoded.push(packet));
  });

  it("reads what the stock one reads, attachments included", () => {
    for (const part of [
      '0{"token":"t"}',
      '2["a",{"b":1}]',
      '51-7["c",{"_placeholder":true,"num":0}]',
      Buffer.from("x"),
    ]) {
      decoder.add(part);
    }
    expect(decoded).toMatchObject([
      { type: CONNECT, data: { token: "t" } },
      { type: EVENT, data: ["a", { b: 1 }] },
      { type: EVENT, id: 7, data: ["c", Buffer.from("x")] },
    ]);
  });

  it("counts bytes of what it is given", () => {
    decoder.add('2["潮"]');
    expect(bytes).toBe(8);
  });

  it("takes one CONNECT", () => {
    decoder.add("0{}");
    expect(() => decoder.add("0{}")).toThrow("second CONNECT");
    expect(decoded).toHaveLength(1);
  });

  it.each(["0/admin,{}", '2/admin,["a"]', "1/admin,"])("knows no namespace but one: %s", (packet) => {
    expect(() => decoder.add(packet)).toThrow("unknown namespace");
    expect(decoded).toEqual([]);
  });

  it("takes the acknowledgement from an event whose id nobody could answer", () => {
    decoder.add('299999999999999999999["publish",{"channel":"a"}]');
    expect(decoded).toEqual([{ type: EVENT, nsp: "/", data: [refusedEvent, "publish", { channel: "a" }] }]);
  });

  it("takes it from a binary event too", () => {
    decoder.add('51-99999999999999999999["publish",{"_placeholder":true,"num":0}]');
    decoder.add(Buffer.from("x"));
    expect(decoded).toMatchObject([{ type: EVENT, data: [refusedEvent, "publish", Buffer.from("x")] }]);
    expect(decoded[0]).not.toHaveProperty("id");
  });

  it("answers the largest id that there is", () => {
    decoder.add(`2${Number.MAX_SAFE_INTEGER}["a"]`);
    expect(decoded).toMatchObject([{ id: Number.MAX_SAFE_INTEGER }]);
  });

  it.each(["9", "2[1", "2{}", "3[]x", "5999-[]", '511-["a"]', '2["connect"]'])(
    "throws for what is no packet: %j",
    (text) => {
      expect(() => decoder.add(text)).toThrow();
      expect(decoded).toEqual([]);
    },
  );

  it("throws for bytes that nothing announced, and for text where bytes were announced", () => {
    expect(() => decoder.add(Buffer.from("x"))).toThrow();
    decoder.add('51-["a",{"_placeholder":true,"num":0}]');
    expect(() => decoder.add('2["b"]')).toThrow();
  });

  it("is made anew for each connection", () => {
    const { Decoder } = createParser(() => {});
    const [first, second] = [new Decoder(), new Decoder()];
    first.add("0{}");
    expect(() => second.add("0{}")).not.toThrow();
  });
});
