import type { Writable } from "node:stream";
import fc from "fast-check";
import { expect, it } from "vitest";
import * as ws from "ws";
import { FrameReader } from "../../src/transport/frame-reader.ts";
import { type FrameOptions, frame } from "../support/raw-socket.ts";

/** The package's types do not know it. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

const maxPayload = 300;

/** What is read, in one line each. */
type Told = string[];

class Noting extends FrameReader {
  readonly told: Told = [];

  constructor() {
    super(maxPayload);
  }

  protected onMessage(data: Buffer, isBinary: boolean): void {
    this.told.push(`${isBinary ? "binary" : "text"} ${data.toString("hex")}`);
  }

  protected onPing(data: Buffer): void {
    this.told.push(`ping ${data.toString("hex")}`);
  }

  protected onPong(data: Buffer): void {
    this.told.push(`pong ${data.toString("hex")}`);
  }

  protected onClose(code: number): void {
    this.over = true;
    this.told.push(`close ${code}`);
  }

  protected onFault(code: number): void {
    this.told.push(`fault ${code}`);
  }

  feed(chunk: Buffer): void {
    if (!this.over) this.read(Buffer.from(chunk));
  }

  hold(): void {
    this.held = true;
  }

  letGo(): void {
    this.held = false;
    this.read();
  }
}

/** What the library `ws` reads out of the same bytes. */
async function readByWs(chunks: readonly Buffer[]): Promise<Told> {
  const told: Told = [];
  const receiver = new Receiver({ isServer: true, maxPayload, maxFragments: 4_096 });
  const note = (name: string) => (data: Buffer) => told.push(`${name} ${data.toString("hex")}`);
  receiver.on("message", (data: Buffer, isBinary: boolean) => note(isBinary ? "binary" : "text")(data));
  receiver.on("ping", note("ping"));
  receiver.on("pong", note("pong"));
  receiver.on("conclude", (code: number) => told.push(`close ${code}`));
  receiver.on("error", (error: object) => {
    const [symbol] = Object.getOwnPropertySymbols(error).filter((one) => String(one).includes("status-code"));
    told.push(`fault ${symbol && Reflect.get(error, symbol)}`);
  });
  for (const chunk of chunks) {
    if (!receiver.destroyed) receiver.write(Buffer.from(chunk));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return told;
}

const payload = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 140 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(125, 126, 200).map((length) => Buffer.alloc(length, "x")),
);
const closePayload = fc
  .tuple(fc.constantFrom(999, 1000, 1001, 1004, 1005, 1006, 1014, 1015, 2999, 3000, 4999, 5000), payload)
  .map(([code, reason]) => Buffer.concat([Buffer.of(code >> 8, code & 0xff), reason.subarray(0, 123)]));
const isFin = fc.boolean();
const plain = fc.tuple(payload, fc.record({ opcode: fc.constantFrom(0, 0, 1, 2), fin: isFin }));
const control = fc.tuple(payload, fc.record({ opcode: fc.constantFrom(9, 10) }));
const close = fc.tuple(fc.oneof(closePayload, payload), fc.record({ opcode: fc.constant(8) }));
const odd: fc.Arbitrary<[Buffer, FrameOptions]> = fc.tuple(
  payload,
  fc.record(
    {
      opcode: fc.nat(15),
      fin: isFin,
      rsv: fc.nat(7),
      masked: fc.boolean(),
      claimed: fc.constantFrom<number | bigint>(0, 299, 301, 70_000, 2n ** 33n, 2n ** 63n - 1n),
    },
    { requiredKeys: [] },
  ),
);

const bytes = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: plain },
      { weight: 4, arbitrary: control },
      { weight: 2, arbitrary: close },
      { weight: 1, arbitrary: odd },
    ),
    { maxLength: 12 },
  )
  .map((frames) => Buffer.concat(frames.map(([data, options]) => frame(data, options))));

/** The bytes in pieces. @param cuts where they are cut, each a share of the whole */
function pieces(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * whole.length)), whole.length].sort(
    (a, b) => a - b,
  );
  return places.slice(1).map((end, index) => whole.subarray(places[index], end));
}

const share = fc.double({ min: 0, max: 1, noNaN: true });

it("reads what `ws` reads, however the bytes are cut", { timeout: 60_000 }, async () => {
  const holds = fc.asyncProperty(bytes, fc.array(share, { maxLength: 6 }), async (whole, cuts) => {
    const reader = new Noting();
    const chunks = pieces(whole, cuts);
    for (const chunk of chunks) reader.feed(chunk);
    expect(reader.told).toEqual(await readByWs(chunks));
  });
  await fc.assert(holds, { numRuns: 1_000 });
});

it("reads the same where it is held in between", () => {
  const holds = fc.property(bytes, fc.array(share, { maxLength: 6 }), (whole, cuts) => {
    const straight = new Noting();
    const halting = new Noting();
    for (const [index, chunk] of pieces(whole, cuts).entries()) {
      straight.feed(chunk);
      if (index % 2 === 0) halting.hold();
      halting.feed(chunk);
      if (index % 3 === 0) halting.letGo();
    }
    halting.letGo();
    expect(halting.told).toEqual(straight.told);
  });
  fc.assert(holds, { numRuns: 400 });
});

it("tells nothing more, in the middle of a read, once it is held", () => {
  class Reluctant extends Noting {
    protected override onMessage(data: Buffer, isBinary: boolean): void {
      super.onMessage(data, isBinary);
      this.hold();
    }
  }
  const reader = new Reluctant();
  reader.feed(Buffer.concat([frame("a"), frame("b"), frame("c")]));
  expect(reader.told).toEqual(["text 61"]);
  reader.letGo();
  reader.letGo();
  expect(reader.told).toEqual(["text 61", "text 62", "text 63"]);
});
