import { describe, expect, it } from "vitest";
import { exchange, frame, type RawSocket, upgradeRequest } from "../../support/raw-socket.ts";
import { useArena } from "../bad-input/arena.ts";
import { PlainClient } from "./client.ts";

const rules = `
channels:
  - {match: "none:*", subscribe: nobody, publish: nobody}
  - {match: "**", subscribe: anyone, publish: anyone, history: {size: 100, ttl: 10m}}
`;
const arena = useArena({ rules, env: { TIDEGATE_CONNECT_TIMEOUT: "500ms" } });

const text = (payload: string | Buffer) => frame(payload);

/** What breaks RFC 6455 or a bound of it, whatever is spoken over it. */
const hostile: [name: string, frames: Buffer[], code: number][] = [
  ["an unmasked frame", [frame("[]", { masked: false })], 1002],
  ["RSV1", [frame("[]", { rsv: 4 })], 1002],
  ["opcode 3", [frame("[]", { opcode: 3 })], 1002],
  ["a ping of 126 bytes", [frame(Buffer.alloc(126), { opcode: 9 })], 1002],
  ["a fragment of nothing", [frame("x", { opcode: 0 })], 1002],
  ["text that is not UTF-8", [text(Buffer.of(0x5b, 0xc3, 0x28, 0x5d))], 1007],
  ["a surrogate in UTF-8", [text(Buffer.of(0xed, 0xa0, 0x80))], 1007],
  ["200 KB in one frame", [text("x".repeat(200_000))], 1009],
  ["200 KB of binary", [frame(Buffer.alloc(200_000), { opcode: 2 })], 1009],
  ["2^63 - 1 bytes announced", [frame("x", { claimed: 2n ** 63n - 1n })], 1009],
  [
    "1 MiB in fragments",
    [
      frame("x", { fin: false }),
      ...Array.from({ length: 64 }, () => frame(Buffer.alloc(16_384, "x"), { opcode: 0, fin: false })),
    ],
    1009,
  ],
];
async function json(...texts: string[]): Promise<RawSocket> {
  const socket = await arena.socket({ path: "/json" });
  socket.send('["connect",{}]', ...texts);
  await socket.next('["welcome",');
  return socket;
}

/** What the third frame that is no request closes with. */
async function closedBy(socket: RawSocket, bad: Buffer): Promise<unknown[]> {
  socket.write(bad);
  const failed = JSON.parse(await socket.next('["failed",'));
  socket.write(bad, bad);
  expect(await socket.closed).toBe(4400);
  expect(socket.texts.filter((each) => each.startsWith('["failed",'))).toHaveLength(3);
  return failed;
}

describe.each(["/json", "/ws", "/ws/chat:1"])("%s closes on", (path) => {
  it.each(hostile)("%s", async (_name, frames, code) => {
    const socket = await arena.socket({ path });
    socket.write(...frames);
    expect(await socket.closed).toBe(code);
    await expect.poll(() => arena.gateway.metric("tidegate_connections")).toBe(1);
  });
});

const noRequest: [name: string, frame: Buffer, event?: string][] = [
  ["an empty text", text("")],
  ["what is not JSON", text("hello")],
  ["JSON that ends early", text('["ping",')],
  ["an object", text('{"event":"ping"}')],
  ["a text", text('"ping"')],
  ["null", text("null")],
  ["an empty array", text("[]")],
  ["an array of one", text('["ping"]'), "ping"],
  ["an array of four", text('["ping",{},1,2]'), "ping"],
  ["an array of 30,000", text(`[${"0,".repeat(30_000)}0]`)],
  ["arrays within arrays", text(`${"[".repeat(30_000)}${"]".repeat(30_000)}`)],
  ["a number in place of the event", text('[1,{"ok":true}]')],
  ["null in place of the event", text("[null,{}]")],
  ["an object in place of the event", text("[{},{}]")],
  ["a number to be answered by that is below 0", text('["ping",{},-1]'), "ping"],
  ["one that is not whole", text('["ping",{},1.5]'), "ping"],
  ["one of 2^53", text('["ping",{},9007199254740992]'), "ping"],
  ["one that is a text", text('["ping",{},"1"]'), "ping"],
  ["null to be answered by", text('["ping",{},null]'), "ping"],
  ["a binary frame", frame('["ping",{},1]', { opcode: 2 })],
  ["a second connect", text('["connect",{}]'), "connect"],
];

describe("/json answers with failed, and the third time closes on", () => {
  it.each(noRequest)("%s", async (_name, bad, event) => {
    const [, payload] = await closedBy(await json(), bad);
    expect(payload).toEqual({
      event,
      error: { code: "bad_request", message: expect.any(String), retryable: false },
    });
  });

  it.each(noRequest.slice(0, -1))("%s, before connect", async (_name, bad) => {
    await closedBy(await arena.socket({ path: "/json" }), bad);
  });

  it.each(['["publish",{"channel":"witness","data":1}]', '["__proto__",{}]', '["goodbye",{}]'])(
    "%s in place of connect",
    async (first) => {
      await closedBy(await arena.socket({ path: "/json" }), text(first));
    },
  );
});

describe("/json closes", () => {
  it.each([
    ["auth that is no object", "[]", 4400],
    ["auth that is null", "null", 4400],
    ["a token that is no text", '{"token":1}', 4400],
    ["auth that nests", `{"token":${"[".repeat(20_000)}${"]".repeat(20_000)}}`, 4400],
    ["a bad token", '{"token":"a.b.c"}', 4401],
    [
      "a token under __proto__, which is none, beside a bad one",
      '{"__proto__":{"token":"x"},"token":"y"}',
      4401,
    ],
    ["a login by code, where none is set up", '{"code":"x","platform":"wechat"}', 4401],
  ])("on %s", async (_name, auth, code) => {
    const socket = await arena.socket({ path: "/json" });
    socket.send(`["connect",${auth}]`);
    expect(JSON.parse(await socket.next('["failed",'))).toMatchObject(["failed", { event: "connect" }]);
    expect(await socket.closed).toBe(code);
  });

  it("where nothing connects in time", async () => {
    const socket = await arena.socket({ path: "/json" });
    expect(await socket.closed).toBe(4400);
  });

  it("where more is sent than may wait for the welcome", async () => {
    const socket = await arena.socket({ path: "/json" });
    socket.send('["connect",{}]', ...Array.from({ length: 1_000 }, () => '["ping",{}]'));
    expect(await socket.closed).toBe(4508);
  });

  it("where requests come far above the rate, and says so before", async () => {
    const socket = await json();
    socket.send(...Array.from({ length: 1_000 }, () => '["ping",{}]'));
    expect(await socket.closed).toBe(4508);
    expect(socket.texts.at(-1)).toContain('["goodbye",{"code":"rate_limited","reconnect":true');
  });
});

describe("/json refuses, and goes on after", () => {
  it.each([
    ["an unknown first word", '["nothing",{},7]', "no_handler"],
    ["the name of an event of the gateway's", '["message",{"channel":"witness","data":1},7]', "no_handler"],
    ["the name __proto__", '["__proto__",{},7]', "no_handler"],
    ["a channel that the rules deny", '["subscribe",{"channel":"none:1"},7]', "forbidden"],
    ["a payload that is none", '["subscribe",null,7]', "bad_request"],
    [
      "data with a forged binary value",
      '["publish",{"channel":"a","data":{"_binary":"A"}},7]',
      "bad_request",
    ],
    [
      "one with other members",
      '["publish",{"channel":"a","data":{"_binary":"AA==","b":1}},7]',
      "bad_request",
    ],
    [
      "one whose name is escaped",
      '["publish",{"channel":"a","data":{"\\u005fbinary":"AA=="}},7]',
      "bad_request",
    ],
    [
      "a forged placeholder",
      '["publish",{"channel":"a","data":{"_placeholder":true,"num":0}},7]',
      "bad_request",
    ],
    [
      "11 binary values",
      `["publish",{"channel":"a","data":[${Array(11).fill('{"_binary":"AA=="}')}]},7]`,
      "too_large",
    ],
    [
      "data that nests, with a binary value in it",
      `["publish",{"channel":"a","data":${"[".repeat(9_000)}{"_binary":"AA=="}${"]".repeat(9_000)}},7]`,
      "bad_request",
    ],
  ])("%s", async (_name, request, code) => {
    const socket = await json(request, '["ping",{},8]');
    await socket.next("[8,");
    expect(JSON.parse(await socket.next("[7,"))).toMatchObject([7, { ok: false, error: { code } }]);
  });
});

describe("an upgrade", () => {
  const answer = (path: string, headers: Record<string, string> = {}) =>
    exchange(arena.gateway.port, upgradeRequest({ path, headers }));

  it.each(["/socket.io/?EIO=4&transport=websocket", "/json", "/ws"])(
    "to %s with tokens for subprotocols alone is 400, and with another one beside is answered with that",
    async (path) => {
      const alone = await answer(path, { "Sec-WebSocket-Protocol": "bearer.a.b.c, Bearer.d" });
      expect(alone).toMatch(/^HTTP\/1\.1 400 /);
      for (const [offered, chosen] of [
        ["bearer.x, protocol1, protocol2", "protocol1"],
        ["protocol1, bearer.x, tidegate", "tidegate"],
      ]) {
        const { socket, ended } = new PlainClient(`${arena.gateway.url}${path}`, {
          protocols: offered?.split(", ") ?? [],
        });
        await new Promise((resolve) => socket.once("open", resolve));
        expect(socket.protocol).toBe(chosen);
        socket.terminate();
        await ended;
      }
    },
  );

  it.each(["/jsonx", "/json/x", "/wsx", "/JSON", "/%77s"])("to %s is 404", async (path) => {
    expect(await answer(path)).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("with a token in its URL has none", async () => {
    const token = await arena.gateway.token("mallory");
    const socket = await arena.socket({ path: `/json?token=${token}` });
    socket.send('["connect",{}]');
    expect(await socket.next('["welcome",')).toContain('"user":"anon:');
  });

  it.each(["/json", "/ws"])("that is none is 400: %s", async (path) => {
    const got = await exchange(arena.gateway.port, `GET ${path} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
    expect(got).toMatch(/^HTTP\/1\.1 400 /);
  });
});

it.each(["/json", "/ws"])("a reset right behind the upgrade to %s harms nobody", async (path) => {
  for (let round = 0; round < 20; round += 1) {
    const socket = await arena.socket({ path });
    socket.send('["connect",{}]');
    socket.tcp.resetAndDestroy();
  }
  await expect.poll(() => arena.gateway.metric("tidegate_connections")).toBe(1);
  await expect.poll(() => arena.gateway.metric("tidegate_dialect_connections")).toBe(1);
});
