import { describe, expect, it } from "vitest";
import { noCode } from "../../support/raw-socket.ts";
import { useArena } from "./arena.ts";
import { connectError } from "./session.ts";

const arena = useArena({ env: { TIDEGATE_REQUEST_BURST: "10000" } });

const noText = [5, true, null, {}, ["a"]];
const noLimit = ["10", 0, -1, 1.5, 1_001, 1e300, true, null, {}, [1]];
const noFlag = ["true", 0, 1, null, {}, [true]];
const noObject = [null, 5, "text", true];

/** Each request, a payload that is right, and for each field of it the values that are wrong. */
const requests = [
  {
    event: "subscribe",
    right: { channel: "a" },
    wrong: { channel: noText, since: [...noText, "x".repeat(129)], token: noText },
  },
  { event: "unsubscribe", right: { channel: "a" }, wrong: { channel: noText } },
  {
    event: "publish",
    right: { channel: "a", data: 1 },
    wrong: { channel: noText, id: [...noText, "", "x".repeat(129)], echo: noFlag },
  },
  {
    event: "history",
    right: { channel: "a" },
    wrong: {
      channel: noText,
      since: [...noText, "x".repeat(129), "nonsense"],
      limit: noLimit,
      reverse: noFlag,
    },
  },
  {
    event: "presence",
    right: { channel: "a" },
    wrong: { channel: noText, limit: noLimit, cursor: [...noText, "x".repeat(1_025)] },
  },
  { event: "refresh", right: { token: "x" }, wrong: { token: noText } },
] as const;

const fields = requests.flatMap(({ event, right, wrong }) =>
  Object.entries(wrong).flatMap(([field, values]) =>
    values.map((value) => ({ event, field, value: text(value), payload: { ...right, [field]: value } })),
  ),
);

const missing = requests.flatMap(({ event, right }) =>
  Object.keys(right).map((field) => {
    const payload = Object.fromEntries(Object.entries(right).filter(([name]) => name !== field));
    return { event, field, payload };
  }),
);

const events = ["subscribe", "unsubscribe", "publish", "history", "presence", "refresh", "away", "back"];
const payloads = events.flatMap((event) =>
  [...noObject, ...(event === "subscribe" ? [] : [[], [{}]])].map((payload) => ({
    event,
    value: text(payload),
    payload,
  })),
);

function text(value: unknown): string {
  return JSON.stringify(value).slice(0, 20);
}

describe("a field of a wrong type is bad_request, and named", () => {
  it.each(fields)("$event $field: $value", async ({ event, field, payload }) => {
    const session = await arena.session();
    const { ok, error } = await session.request(event, payload);
    expect({ ok, code: error?.code, retryable: error?.retryable }).toEqual({
      ok: false,
      code: "bad_request",
      retryable: false,
    });
    expect(error?.message).toContain(field);
  });
});

describe("a field that is missing is bad_request, and named", () => {
  it.each(missing)("$event without $field", async ({ event, field, payload }) => {
    const session = await arena.session();
    const { error } = await session.request(event, payload);
    expect(error).toMatchObject({ code: "bad_request", message: expect.stringContaining(field) });
  });
});

describe("a payload of a wrong type is bad_request", () => {
  it.each(payloads)("$event $value", async ({ event, payload }) => {
    const session = await arena.session();
    expect(await session.request(event, payload)).toMatchObject({
      ok: false,
      error: { code: "bad_request" },
    });
    session.socket.send(`42${JSON.stringify([event, payload])}`);
    expect(await session.next("failed")).toMatchObject({ event, error: { code: "bad_request" } });
  });

  it.each(events.filter((event) => event !== "away" && event !== "back"))("%s without one", async (event) => {
    const session = await arena.session();
    expect(await session.request(event)).toMatchObject({ ok: false, error: { code: "bad_request" } });
  });

  it("and so is a binary value in its place", async () => {
    const session = await arena.session();
    for (const event of events) {
      const reply = await session.requestBinary(`["${event}",{"_placeholder":true,"num":0}]`, [Buffer.of(1)]);
      // A binary value has no members that anything asks for, so it passes where none are.
      const ok = event === "away" || event === "back";
      expect(reply).toMatchObject(ok ? { ok } : { ok, error: { code: "bad_request" } });
    }
  });
});

describe("a subscribe of many", () => {
  it.each([
    ["nothing", []],
    ["a number", [5]],
    ["null", [null]],
    ["a list in the list", [[{ channel: "a" }]]],
    ["a channel that is a number", [{ channel: "a" }, { channel: 5 }]],
    ["a since that is a number", [{ channel: "a", since: 5 }]],
    ["a token that is an object", [{ channel: "a", token: {} }]],
    [
      "more channels than a connection may hold",
      Array.from({ length: 129 }, (_, n) => ({ channel: `${n}` })),
    ],
    ["more than any request may", Array.from({ length: 1_001 }, (_, n) => ({ channel: `${n}` }))],
  ])("of %s is bad_request and subscribes to none", async (_name, items) => {
    const session = await arena.session();
    expect(await session.request("subscribe", items)).toMatchObject({ error: { code: "bad_request" } });
    expect(await session.request("unsubscribe", { channel: "a" })).toMatchObject({
      error: { code: "not_subscribed" },
    });
  });

  it("that names a channel twice says so in its place", async () => {
    const session = await arena.session();
    const reply = await session.request("subscribe", [{ channel: "a" }, { channel: "a" }]);
    expect(reply).toMatchObject({
      results: [{ ok: true }, { ok: false, channel: "a", error: { code: "bad_request" } }],
    });
  });
});

describe("values of the right type that mean nothing", () => {
  it.each(["nonsense", "\u0000", "-1", "999999999999", "__proto__", "{}"])(
    "are a cursor that finds nothing, or bad_request: %j",
    async (cursor) => {
      const session = await arena.session();
      await session.request("subscribe", { channel: "cursors" });
      const reply = await session.request("presence", { channel: "cursors", cursor });
      expect(["bad_request", undefined]).toContain(reply.error?.code);
    },
  );

  it.each(["nonsense", ":", "a:-1", "a:01", "a:1e9", "a:99999999999999999999", "\ud800:1"])(
    "are a position that cannot be continued: %j",
    async (since) => {
      const session = await arena.session();
      const reply = await session.request("subscribe", { channel: "positions", since });
      expect(reply).toMatchObject({ ok: true, recovered: false, messages: [] });
    },
  );
});

describe("the handshake's auth with a wrong type is one connect_error, then the end", () => {
  const resume = [
    ...[5, true, null, "a", {}],
    ...[[5], [null], [{}], [{ channel: 5 }], [{ channel: "a", since: 5 }], [{ channel: "a", token: [] }]],
    Array.from({ length: 1_001 }, (_, n) => ({ channel: `${n}` })),
  ];
  const codes = [...noText, "x".repeat(60_000)];
  const wrong = { token: noText, code: codes, platform: noText, resume };
  const auths = Object.entries(wrong).flatMap(([field, values]) =>
    values.map((value) => ({ field, value, name: text(value) })),
  );

  it.each(auths)("$field: $name", async ({ field, value }) => {
    const token = await arena.gateway.token("mallory");
    const socket = await arena.socket();
    socket.send(`40${JSON.stringify({ token, [field]: value })}`);
    const error = await connectError(socket);
    expect(error).toMatchObject({ code: "bad_request", retryable: false });
    expect(error.message).toContain(field);
    expect(await socket.closed).toBe(noCode);
    expect(socket.texts.filter((received) => received.startsWith("44"))).toHaveLength(1);
  });

  it.each([
    ["no credentials", {}],
    ["a code that nothing here exchanges", { code: "x", platform: "wechat" }],
    ["a platform alone", { platform: "__proto__" }],
  ])("%s", async (_name, auth) => {
    const socket = await arena.socket();
    socket.send(`40${JSON.stringify(auth)}`);
    expect(await connectError(socket)).toMatchObject({ code: "unauthorized" });
    expect(await socket.closed).toBe(noCode);
  });

  it("but a platform that nobody knows is no fault beside a token", async () => {
    const session = await arena.session({ token: await arena.gateway.token("mallory"), platform: "x" });
    expect(await session.request("away", {})).toEqual({ ok: true });
  });
});
