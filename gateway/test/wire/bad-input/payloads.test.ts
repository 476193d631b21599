import { describe, expect, it } from "vitest";
import { noCode } from "../../support/raw-socket.ts";
import { useArena } from "./arena.ts";
import type { RawSession } from "./session.ts";

const arena = useArena({ env: { TIDEGATE_REQUEST_BURST: "10000" } });

/** JSON of arrays within arrays. */
function nested(depth: number): string {
  return `${"[".repeat(depth)}${"]".repeat(depth)}`;
}

function publication(data: string, channel = "payloads"): string {
  return `["publish",{"channel":"${channel}","data":${data}}]`;
}

/** Publishes JSON as it stands and returns how the message arrives at its subscriber. */
async function echoOf(session: RawSession, data: string, channel = "payloads"): Promise<string> {
  await session.request("subscribe", { channel });
  expect(await session.requestText(publication(data, channel))).toMatchObject({ ok: true });
  return session.socket.next('42["message",');
}

describe("__proto__", () => {
  const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];

  it.each(names)("is no event: %s", async (name) => {
    const session = await arena.session();
    expect(await session.request(name, { polluted: true })).toMatchObject({ error: { code: "no_handler" } });
    session.socket.send(`42[${JSON.stringify(name)},{"polluted":true}]`);
    expect(await session.next("failed")).toMatchObject({ event: name, error: { code: "no_handler" } });
  });

  it.each(names)("is a channel like any other: %s", async (channel) => {
    const session = await arena.session();
    expect(await session.request("subscribe", { channel })).toMatchObject({ ok: true, channel });
    expect(await session.request("publish", { channel, data: 1, id: channel })).toMatchObject({ ok: true });
    expect(await session.next("message")).toMatchObject({ channel, data: 1, user: "mallory" });
    expect(await session.request("presence", { channel })).toMatchObject({ total: 1 });
    expect(await session.request("history", { channel })).toMatchObject({ messages: [{ data: 1 }] });
    expect(await session.request("unsubscribe", { channel })).toEqual({ ok: true });
  });

  it.each(names)("is a user like any other: %s", async (user) => {
    const session = await arena.session({ token: await arena.gateway.token(user) });
    expect(await session.next("welcome")).toMatchObject({ user, channels: [{ channel: `user:${user}` }] });
    const channel = `users:${user}`;
    await session.request("subscribe", { channel });
    expect(await session.request("presence", { channel })).toMatchObject({ total: 1, users: [{ user }] });
    const { body } = await arena.gateway.call("GET", `/v1/connections?user=${user}`);
    expect(body).toMatchObject({ connections: [{ user }] });
  });

  it("is a key of data that arrives unchanged", async () => {
    const session = await arena.session();
    const data =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"a":[{"__proto__":3}]}';
    expect(await echoOf(session, data)).toContain(`"data":${data}`);
    const history = await session.requestText('["history",{"channel":"payloads"}]');
    expect(JSON.stringify(history)).toContain(data);
    expect({}).not.toHaveProperty("polluted");
  });

  it("as a member of a request gives no member to it", async () => {
    const session = await arena.session();
    const reply = await session.requestText('["subscribe",{"__proto__":{"channel":"inherited"}}]');
    expect(reply).toMatchObject({ ok: false, error: { code: "bad_request" } });
  });

  it("in the handshake's auth gives no token to it", async () => {
    const socket = await arena.socket();
    socket.send(`40{"__proto__":{"token":"${await arena.gateway.token("mallory")}"}}`);
    expect(await socket.next("44")).toContain('"code":"unauthorized"');
    expect(await socket.closed).toBe(noCode);
  });
});

describe("events", () => {
  it.each([5, -1, 1.5, 1e300])("named by the number %s are bad_request", async (name) => {
    const session = await arena.session();
    expect(await session.request(name, {})).toMatchObject({ error: { code: "bad_request" } });
    session.socket.send(`42[${name},{}]`);
    expect(await session.next("failed")).toMatchObject({ error: { code: "bad_request" } });
  });

  it.each(["error", "message", "welcome", "goodbye", "close", "", "x".repeat(10_000)])(
    "of a name that is the server's own, or nobody's, are no_handler (%#)",
    async (name) => {
      const session = await arena.session();
      expect(await session.request(name, {})).toMatchObject({ error: { code: "no_handler" } });
      session.socket.send(`42[${JSON.stringify(name)}]`);
      const failed = await session.next("failed");
      expect(failed).toMatchObject({ error: { code: "no_handler" } });
      expect(String(failed.event).length).toBeLessThanOrEqual(128);
    },
  );

  it.each(["42", '42["publish"]'])("without what they need are answered with failed: %s", async (text) => {
    const session = await arena.session();
    session.socket.send(text);
    expect(await session.next("failed")).toMatchObject({ error: { code: "bad_request" } });
  });

  it("carry more arguments than they need without harm", async () => {
    const session = await arena.session();
    expect(await session.requestText('["away",{},{"polluted":1},null,[[]]]')).toEqual({ ok: true });
  });
});

describe("forged placeholders", () => {
  it.each([
    '{"_placeholder":true,"num":0}',
    '{"_placeholder":true}',
    '[{"a":{"_placeholder":true,"num":"length"}}]',
  ])("in published data are bad_request: %s", async (data) => {
    const session = await arena.session();
    expect(await session.requestText(publication(data))).toMatchObject({ error: { code: "bad_request" } });
  });

  it("that no client takes for one arrive unchanged", async () => {
    const session = await arena.session();
    const data = '{"_placeholder":1,"text":"{\\"_placeholder\\":true,\\"num\\":0}"}';
    expect(await echoOf(session, data, "placeholders")).toContain(`"data":${data}`);
  });

  it("leave a binary message whole when one value stands in two places", async () => {
    const session = await arena.session();
    await session.request("subscribe", { channel: "twice" });
    const place = '{"_placeholder":true,"num":0}';
    const reply = await session.requestBinary(publication(`[${place},${place}]`, "twice"), [Buffer.of(7)]);
    expect(reply).toMatchObject({ ok: true });
    expect(await session.socket.next('452-["message",')).toContain(place.replace("0", "1"));
    await expect.poll(() => session.socket.frames.filter(({ opcode }) => opcode === 2)).toHaveLength(2);
  });

  it("do not let one value that stands in 2,000 places take 2,000 times its memory", async () => {
    const session = await arena.session();
    const places = Array(2_000).fill('{"_placeholder":true,"num":0}').join(",");
    const before = process.memoryUsage().arrayBuffers;
    const reply = await session.requestBinary(publication(`[${places}]`), [Buffer.alloc(65_000)]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    expect(reply).toMatchObject({ error: { code: "too_large" } });
  });
});

describe("depth", () => {
  it("of 32 passes, and of 33 does not", async () => {
    const session = await arena.session();
    expect(await session.requestText(publication(nested(32)))).toMatchObject({ ok: true });
    const reply = await session.requestText(publication(nested(33)));
    expect(reply).toMatchObject({ error: { code: "bad_request" } });
  });

  it("of 5,000 is bad_request, and the third time the end", async () => {
    const session = await arena.session();
    const deep = publication(nested(5_000));
    for (const _attempt of [1, 2, 3]) {
      expect(await session.requestText(deep)).toMatchObject({ error: { code: "bad_request" } });
    }
    expect(await session.next("goodbye")).toEqual({ code: "bad_request", reconnect: false });
    expect(await session.socket.next("41")).toBe("41");
    expect(await session.socket.closed).toBe(noCode);
  });

  it("of 5,000 objects in an event that nobody handles is bad_request", async () => {
    const session = await arena.session();
    const deep = `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`;
    expect(await session.requestText(`["any",${deep}]`)).toMatchObject({ error: { code: "bad_request" } });
  });

  it("of 30,000 beside a binary value ends at most its own session", async () => {
    const session = await arena.session();
    const data = `[{"_placeholder":true,"num":0},${nested(30_000)}]`;
    const outcome = await Promise.race([
      session.requestBinary(publication(data), [Buffer.of(1)]),
      session.socket.closed,
    ]);
    expect([
      noCode,
      expect.objectContaining({ error: expect.objectContaining({ code: "bad_request" }) }),
    ]).toContainEqual(outcome);
  });

  it("of 5,000 in the handshake's auth is one connect_error", async () => {
    const socket = await arena.socket();
    socket.send(`40{"token":${nested(5_000)}}`);
    expect(await socket.next("44")).toContain('"code":"bad_request"');
    expect(await socket.closed).toBe(noCode);
  });
});

describe("size", () => {
  it("of data just under the limit of a frame passes, whole", async () => {
    const session = await arena.session();
    const text = "x".repeat(65_000);
    expect(await echoOf(session, JSON.stringify(text), "large")).toContain(`"data":"${text}"`);
  });

  it("of many binary values below the limit of a frame each adds up to too_large", async () => {
    const session = await arena.session();
    const places = [0, 1, 2].map((num) => `{"_placeholder":true,"num":${num}}`);
    const attachments = places.map(() => Buffer.alloc(30_000));
    const reply = await session.requestBinary(publication(`[${places}]`), attachments);
    expect(reply).toMatchObject({ error: { code: "too_large" } });
  });

  it("of numbers beyond all others changes nothing else", async () => {
    const session = await arena.session();
    const message = await echoOf(session, '[1e999,-1e999,1e-999,"\\ud800"]', "numbers");
    expect(message).toContain('"data":[null,null,0,"\ufffd"]');
  });
});
