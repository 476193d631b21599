import { describe, expect, it } from "vitest";
import { History } from "../../src/channels/history.ts";
import { Failure } from "../../src/errors.ts";
import { Json } from "../../src/protocol/json.ts";
import { type Server, serve } from "./harness.ts";

/** Queries that are refused, on any call that reads a channel. */
const badQueries = [
  "",
  "?channel=chat:1&channel=chat:2",
  "?channel=chat:1&planted=1",
  "?channel=chat:1&__proto__=1",
];
const badLimits = ["0", "1001", "-1", "1.5", "ten", ""].map((limit) => `?channel=chat:1&limit=${limit}`);

async function expectBadRequest(call: Server["call"], url: string): Promise<void> {
  const { status, json } = await call("GET", url);
  expect(status, url).toBe(400);
  expect(json).toMatchObject({ error: { code: "bad_request" } });
}

describe("reading the history", () => {
  it("passes the query on", async () => {
    const { call, reads } = await serve();
    await call("GET", "/v1/history?channel=chat:1&since=e:5&limit=1000");
    await call("GET", "/v1/history?channel=chat%3A1&reverse=true&limit=1");
    await call("GET", "/v1/history?channel=chat:1&reverse=false");
    expect(reads).toEqual([
      { channel: "chat:1", since: "e:5", limit: 1_000, reverse: false },
      { channel: "chat:1", reverse: true, limit: 1 },
      { channel: "chat:1", reverse: false },
    ]);
  });

  it("sends the text as it was written, without its `ok`", async () => {
    const { call } = await serve();
    const { status, text, headers } = await call("GET", "/v1/history?channel=chat:1");
    expect(status).toBe(200);
    expect(text).toBe('{"position":"e:1","messages":[{"channel":"chat:1","data":1e3}]}');
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  });

  it("writes binary values as base64, and leaves what only looks like one", async () => {
    const data =
      '{"a":{"_placeholder":true,"num":0},"b":[{"_placeholder":true,"num":1}],"c":{"_placeholder":1,"num":0}}';
    const text = `{"ok":true,"position":"e:1","messages":[{"data":${data},"__proto__":1}]}`;
    const read = async () => new Json(text, [new Uint8Array([0, 255]), Buffer.from("hi")]);
    const { call } = await serve({ history: { read, clear: async () => undefined } });
    const { text: answered } = await call("GET", "/v1/history?channel=chat:1");
    expect(answered).toBe(
      '{"position":"e:1","messages":[{"data":{"a":{"_binary":"AP8="},"b":[{"_binary":"aGk="}],' +
        '"c":{"_placeholder":1,"num":0}},"__proto__":1}]}',
    );
  });

  it("says when the position is out of reach", async () => {
    const read = () => Promise.reject(new Failure("gap"));
    const { call } = await serve({ history: { read, clear: async () => undefined } });
    const { status, json } = await call("GET", "/v1/history?channel=chat:1&since=e:1");
    expect({ status, json }).toEqual({ status: 409, json: { error: new Failure("gap").body } });
  });

  it.each([...badQueries, ...badLimits, "?channel=chat:1&reverse=yes", "?channel=chat:1&reverse"])(
    "is refused with the query %j",
    async (query) => {
      const { call, reads } = await serve();
      await expectBadRequest(call, `/v1/history${query}`);
      expect(reads).toEqual([]);
    },
  );

  it("is refused on what is no channel", async () => {
    const { call } = await serve();
    expect((await call("GET", "/v1/history?channel=nowhere")).json).toMatchObject({
      error: { code: "unknown_channel" },
    });
    expect((await call("GET", "/v1/history?channel=a%20b")).json).toMatchObject({
      error: { code: "bad_request" },
    });
  });
});

describe("clearing the history", () => {
  it("answers with an empty object", async () => {
    const { call, cleared } = await serve();
    const { status, text } = await call("DELETE", "/v1/history?channel=chat:1");
    expect({ status, text }).toEqual({ status: 200, text: "{}" });
    expect(cleared).toEqual(["chat:1"]);
  });

  it("is not found on a channel that keeps none", async () => {
    const broker = { read: () => Promise.reject(new Error("not asked")), clear: async () => undefined };
    const { call } = await serve({ history: new History(broker) });
    const { status, json } = await call("DELETE", "/v1/history?channel=plain:1");
    expect(status).toBe(404);
    expect(json).toMatchObject({ error: { code: "not_found" } });
  });
});

describe("presence", () => {
  it("is a page of users", async () => {
    const { call, pages } = await serve();
    const { status, json } = await call("GET", "/v1/presence?channel=chat:1&limit=5&cursor=bob");
    expect(status).toBe(200);
    expect(json).toEqual({ total: 1, users: [{ user: "ann", state: "online", connections: 2 }] });
    expect(pages).toEqual([{ channel: "chat:1", limit: 5, cursor: "bob" }]);
  });

  it("is not found on a channel that has none", async () => {
    const { call, pages } = await serve();
    const { status, json } = await call("GET", "/v1/presence?channel=plain:1");
    expect(status).toBe(404);
    expect(json).toMatchObject({ error: { code: "not_found" } });
    expect(pages).toEqual([]);
  });

  it.each([...badQueries, ...badLimits, `?channel=chat:1&cursor=${"c".repeat(1_025)}`])(
    "is refused with the query %j",
    async (query) => {
      const { call, pages } = await serve();
      await expectBadRequest(call, `/v1/presence${query}`);
      expect(pages).toEqual([]);
    },
  );
});
