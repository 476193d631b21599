import { describe, expect, it } from "vitest";
import { abnormal, closeFrame, frame } from "../../support/raw-socket.ts";
import { useArena } from "./arena.ts";

const arena = useArena();

const mebibyte = 1024 * 1024;
const away = '420["away",{}]';
const invalidUtf8 = Buffer.concat([Buffer.from('42["publish","'), Buffer.of(0xc3, 0x28), Buffer.from('"]')]);

const hostile: [name: string, frames: Buffer[], code: number][] = [
  ["an unmasked frame", [frame(away, { masked: false })], 1002],
  ["RSV1, where nothing is compressed", [frame(away, { rsv: 4 })], 1002],
  ["RSV2", [frame(away, { rsv: 2 })], 1002],
  ["RSV3", [frame(away, { rsv: 1 })], 1002],
  ["opcode 3", [frame(away, { opcode: 3 })], 1002],
  ["opcode 11", [frame(away, { opcode: 11 })], 1002],
  ["a ping of 126 bytes", [frame(Buffer.alloc(126), { opcode: 9 })], 1002],
  ["a ping in fragments", [frame("", { opcode: 9, fin: false })], 1002],
  ["a fragment of nothing", [frame("x", { opcode: 0 })], 1002],
  ["a text in the middle of a text", [frame("4", { fin: false }), frame(away)], 1002],
  ["a close frame of one byte", [frame("x", { opcode: 8 })], 1002],
  ["a close code that does not exist", [closeFrame(1005)], 1002],
  ["a close reason that is not UTF-8", [frame(Buffer.of(3, 232, 0xff), { opcode: 8 })], 1007],
  ["invalid UTF-8", [frame(invalidUtf8)], 1007],
  ["a surrogate in UTF-8", [frame(Buffer.of(0x34, 0xed, 0xa0, 0x80))], 1007],
  ["UTF-8 that ends early", [frame(Buffer.of(0x34, 0xe2, 0x82))], 1007],
  ["1 MiB in one frame", [frame(Buffer.alloc(mebibyte, "4"))], 1009],
  ["1 MiB of binary", [frame(Buffer.alloc(mebibyte), { opcode: 2 })], 1009],
  ["1 MiB announced", [frame("4", { claimed: mebibyte })], 1009],
  ["2^63 - 1 bytes announced", [frame("4", { claimed: 2n ** 63n - 1n })], 1009],
  [
    "more fragments than any client makes of a message",
    Array.from({ length: 65 }, (_, index) => frame("4", { opcode: index === 0 ? 1 : 0, fin: false })),
    1008,
  ],
  [
    "1 MiB in fragments",
    [
      frame("4", { fin: false }),
      ...Array.from({ length: 64 }, () => frame(Buffer.alloc(16_384, "2"), { opcode: 0, fin: false })),
    ],
    1009,
  ],
  [
    "20,000 empty fragments",
    [frame("", { fin: false }), ...Array<Buffer>(20_000).fill(frame("", { opcode: 0, fin: false }))],
    1008,
  ],
];

const tooLarge = '42["goodbye",{"code":"too_large","reconnect":true}]';

describe("closes a session on", () => {
  it.each(hostile)("%s", async (_name, frames, code) => {
    const { socket } = await arena.session();
    socket.write(...frames);
    // Whoever sends too much at once is told in the protocol's words: clients show nobody a close code.
    expect(await socket.closed).toBe(code === 1009 ? abnormal : code);
    expect(socket.texts.at(-1) === tooLarge).toBe(code === 1009);
    await expect.poll(() => arena.gateway.metric("tidegate_connections")).toBe(1);
  });
});

describe("closes a socket that has not connected on", () => {
  it.each(hostile)("%s", async (_name, frames, code) => {
    const socket = await arena.socket();
    socket.write(...frames);
    expect(await socket.closed).toBe(code);
  });
});

describe("reads", () => {
  it("a packet in fragments, with control frames between them", async () => {
    const { socket } = await arena.session();
    const bytes = Buffer.from(away);
    socket.write(frame(bytes.subarray(0, 1), { fin: false }));
    for (const byte of bytes.subarray(1)) {
      socket.write(frame("", { opcode: 9 }), frame(Buffer.of(byte), { opcode: 0, fin: false }));
    }
    socket.write(frame("", { opcode: 0 }));
    expect(await socket.next("430")).toBe('430[{"ok":true}]');
  });

  it("a frame that comes byte by byte", async () => {
    const { socket } = await arena.session();
    for (const byte of frame(away)) socket.write(Buffer.of(byte));
    expect(await socket.next("430")).toBe('430[{"ok":true}]');
  });

  it("what comes in one piece with a close", async () => {
    const { socket } = await arena.session();
    const published = () => arena.gateway.metric("tidegate_requests_total", 'event="publish"');
    const before = await published();
    socket.write(frame('42["publish",{"channel":"last-words","data":1}]'), closeFrame(1000));
    await expect.poll(published).toBe(before + 1);
  });

  it("nothing more after a close", async () => {
    const { socket } = await arena.session();
    socket.write(closeFrame(1000), frame('420["publish",{"channel":"witness","data":"late"}]'));
    expect(await socket.closed).toBe(1000);
    expect(socket.texts.some((text) => text.startsWith("43"))).toBe(false);
  });

  it("no more of a frame whose sender has gone", async () => {
    const { socket } = await arena.session();
    socket.write(frame("42", { claimed: 60_000 }));
    socket.tcp.resetAndDestroy();
    await expect.poll(() => arena.gateway.metric("tidegate_connections")).toBe(1);
  });
});

describe("frames that ask for nothing", () => {
  const many = (one: Buffer, count: number): Buffer[] => Array.from({ length: count }, () => one);

  it.each([
    ["answers to no ping", many(frame("3"), 20)],
    ["pongs", many(frame("", { opcode: 10 }), 20)],
    ["acknowledgements", many(frame("430[]"), 1_100)],
    ["large acknowledgements", many(frame(`430[${"[],".repeat(10_000)}[]]`), 10)],
  ])("%s end the connection of whoever sends no end of them", async (_name, frames) => {
    const { socket } = await arena.session();
    socket.write(...frames);
    await socket.closed;
    expect(
      await arena.gateway.metric("tidegate_connections_closed_total", 'reason="parse_error"'),
    ).toBeGreaterThan(0);
  });

  it("are let through where they are few", async () => {
    const session = await arena.session();
    session.socket.write(...many(frame("3"), 5), ...many(frame("430[]"), 100), frame("", { opcode: 10 }));
    expect(await session.request("ping", {})).toMatchObject({ ok: true });
  });
});
