import { describe, expect, it } from "vitest";
import { frame, noCode } from "../../support/raw-socket.ts";
import { useArena } from "./arena.ts";

const arena = useArena();

const malformed = [
  ["an empty text", ""],
  ["an unknown Engine.IO type", "7"],
  ["a letter for an Engine.IO type", "x"],
  ["a ping in the wrong direction", "2"],
  ["an open from a client", "0{}"],
  ["a close", "1"],
  ["an upgrade of what is a WebSocket already", "5"],
  ["a noop", "6"],
  ["binary data in base64 that nothing asked for", "bAAAA"],
  ["a message without a Socket.IO packet", "4"],
  ["an unknown Socket.IO type", "47"],
  ["a letter for a Socket.IO type", "4x"],
  ["an event that is no array", '42{"a":1}'],
  ["an event without a name", "42[]"],
  ["an event named by an object", '42[{},{"channel":"a"}]'],
  ["an event named by null", "42[null]"],
  ["JSON that ends early", '42["publish",'],
  ["JSON with something behind it", '42["publish",{}]]'],
  ["what is not JSON at all", "42hello"],
  ["an acknowledgement that is no array", "431{}"],
  ["a CONNECT_ERROR from a client", '44{"message":"no"}'],
  ["a DISCONNECT with data", '41{"a":1}'],
  ["0 attachments", '450-["publish",{}]'],
  ["11 attachments", '4511-["publish",{}]'],
  ["a thousand million attachments", '451000000000-["publish",{}]'],
  ["1e9 attachments, so written", '451e9-["publish",{}]'],
  ["half an attachment", '450.5-["publish",{}]'],
  ["fewer than no attachments", '45-1-["publish",{}]'],
  ["attachments without a number", '45-["publish",{}]'],
  ["attachments without an end", "451"],
  ["0 attachments of an acknowledgement", "460-[]"],
  ["the reserved name connect", '42["connect"]'],
  ["the reserved name connect_error", '42["connect_error",{}]'],
  ["the reserved name disconnect", '42["disconnect"]'],
  ["the reserved name disconnecting", '42["disconnecting","x"]'],
  ["the reserved name newListener", '42["newListener","a","b"]'],
  ["the reserved name removeListener", '42["removeListener","a"]'],
  ["another namespace", "40/admin,{}"],
  ["an event in another namespace", '42/admin,["publish",{}]'],
  ["a second CONNECT", "40{}"],
] as const;

describe("closes a session on", () => {
  it.each(malformed)("%s", async (_name, text) => {
    const { socket } = await arena.session();
    socket.send(text);
    expect(await socket.closed).toBe(noCode);
    await expect.poll(() => arena.gateway.metric("tidegate_connections")).toBe(1);
  });
});

describe("before CONNECT, closes a socket on", () => {
  const early = [
    ["an event", '42["publish",{"channel":"witness","data":1}]'],
    ["an acknowledgement", "431[]"],
    ["a DISCONNECT", "41"],
    ["a CONNECT_ERROR", '44{"message":"no"}'],
    ["a CONNECT with a list", "40[]"],
    ["a CONNECT with a text", '40"token"'],
    ["a CONNECT with broken JSON", '40{"token":'],
    ["binary attachments", '451-["publish",{}]'],
    ["an unknown Engine.IO type", "9"],
  ] as const;

  it.each(early)("%s", async (_name, text) => {
    const socket = await arena.socket();
    // A packet with attachments is only whole, and only judged, with the last of them.
    socket.write(frame(text), frame(Buffer.of(1), { opcode: 2 }));
    expect(await socket.closed).toBe(noCode);
    expect(socket.texts.filter((received) => received.startsWith("4"))).toEqual([]);
  });
});

describe("a CONNECT to another namespace", () => {
  const answerTo = (namespace: string) => {
    const message = "There is no namespace but /; a path in the client's URL is taken for one.";
    const data = { code: "bad_request", message, retryable: false };
    return [`44${namespace},${JSON.stringify({ message: "Invalid namespace", data })}`, `41${namespace},`];
  };

  it.each(["/admin", "/__proto__", "/ws?token=1"])("is answered, then closed: %s", async (namespace) => {
    const socket = await arena.socket();
    socket.send(`40${namespace},{}`);
    expect(await socket.closed).toBe(noCode);
    expect(socket.texts.filter((received) => received.startsWith("4"))).toEqual(answerTo(namespace));
  });

  it("is answered beside a session as well, and ends it", async () => {
    const { socket } = await arena.session();
    socket.send("40/admin,{}");
    expect(await socket.closed).toBe(noCode);
    expect(socket.texts.slice(-2)).toEqual(answerTo("/admin"));
  });
});

it("an Engine.IO pong that nobody asked for passes", async () => {
  const session = await arena.session();
  session.socket.send("3", "3", "3probe");
  expect(await session.request("away", {})).toEqual({ ok: true });
});

describe("binary packets", () => {
  const closing = [
    ["a placeholder that points behind the attachments", '{"_placeholder":true,"num":1}'],
    ["a placeholder that points before them", '{"_placeholder":true,"num":-1}'],
    ["a placeholder with a name", '{"_placeholder":true,"num":"length"}'],
    ["a placeholder named __proto__", '{"_placeholder":true,"num":"__proto__"}'],
    ["a placeholder without a number", '{"_placeholder":true}'],
  ] as const;

  it.each(closing)("close a session on %s", async (_name, placeholder) => {
    const { socket } = await arena.session();
    const text = `451-["publish",{"channel":"bin","data":${placeholder}}]`;
    socket.write(frame(text), frame(Buffer.of(1), { opcode: 2 }));
    expect(await socket.closed).toBe(noCode);
  });

  it("close a session on a text in place of an attachment", async () => {
    const { socket } = await arena.session();
    socket.send('451-["publish",{"channel":"bin"}]', '42["away",{}]');
    expect(await socket.closed).toBe(noCode);
  });

  it("close a session on an attachment that nothing asked for", async () => {
    const { socket } = await arena.session();
    socket.write(frame(Buffer.of(1, 2, 3), { opcode: 2 }));
    expect(await socket.closed).toBe(noCode);
  });

  it("are forgotten with a socket that goes between them", async () => {
    const { socket } = await arena.session();
    socket.send('452-["publish",{"channel":"bin"}]');
    socket.destroy();
    await expect.poll(() => arena.gateway.metric("tidegate_connections")).toBe(1);
  });
});

describe("acknowledgement ids", () => {
  it.each([
    ["2^53", "9007199254740992"],
    ["400 digits", "9".repeat(400)],
    ["60,000 digits", "1".repeat(60_000)],
  ])("of %s are answered with failed", async (_name, id) => {
    const session = await arena.session();
    session.socket.send(`42${id}["away",{}]`);
    expect(await session.next("failed")).toMatchObject({ error: { code: "bad_request" } });
    expect(await session.request("away", {})).toEqual({ ok: true });
  });

  it("up to 2^53 - 1 are answered", async () => {
    const { socket } = await arena.session();
    socket.send('429007199254740991["away",{}]');
    expect(await socket.next("43")).toBe('439007199254740991[{"ok":true}]');
  });

  it.each([
    ["an acknowledgement of an id that nobody waits for", "431234[1]"],
    ["an acknowledgement without an id", "43[1]"],
    ["an acknowledgement with nothing", "43"],
  ])("let %s pass", async (_name, text) => {
    const session = await arena.session();
    session.socket.send(text);
    expect(await session.request("away", {})).toEqual({ ok: true });
  });
});
