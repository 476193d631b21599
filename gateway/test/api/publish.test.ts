import { describe, expect, it } from "vitest";
import { Failure } from "../../src/errors.ts";
import { maxPayload, serve } from "./harness.ts";

describe("publish to one channel", () => {
  it("passes the publication on and answers with its position", async () => {
    const { call, published } = await serve();
    const body = { channel: "chat:1", data: { n: 1 }, id: "i1", exclude: ["c1", "c2"] };
    const { status, json } = await call("POST", "/v1/publish", body);
    expect({ status, json }).toEqual({
      status: 200,
      json: { results: [{ channel: "chat:1", position: "e:1" }] },
    });
    expect(published).toEqual([{ channel: "chat:1", data: { n: 1 }, id: "i1", except: ["c1", "c2"] }]);
  });

  it("has no position on a channel without history", async () => {
    const { call } = await serve();
    const { json } = await call("POST", "/v1/publish", { channel: "plain:1", data: null });
    expect(json).toEqual({ results: [{ channel: "plain:1" }] });
  });

  it("comes from a backend", async () => {
    const { call, published } = await serve();
    await call("POST", "/v1/publish", { channel: "chat:1", data: 1 });
    expect(published).toHaveLength(1);
    expect(published[0]).not.toHaveProperty("user");
  });

  it.each([null, 0, false, "", [], {}, "\ud83d\ude00"])("takes %j as data", async (data) => {
    const { call, published } = await serve();
    expect((await call("POST", "/v1/publish", { channel: "chat:1", data })).status).toBe(200);
    expect(published[0]?.data).toEqual(data);
  });

  it("leaves members named __proto__ and constructor as they are, and prototypes untouched", async () => {
    const { call, published } = await serve();
    const data = '{"__proto__":1,"constructor":{"prototype":2}}';
    const { status } = await call("POST", "/v1/publish", `{"channel":"chat:1","data":${data}}`);
    expect(status).toBe(200);
    const arrived = published[0]?.data;
    expect(Object.keys(Object(arrived))).toEqual(["__proto__", "constructor"]);
    expect(JSON.stringify(arrived)).toBe(data);
    expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
    expect(Object.hasOwn(Object.prototype, "prototype")).toBe(false);
  });

  it("takes empty lists, as generated clients send them, for absent", async () => {
    const { call, published } = await serve();
    const body = { channel: "chat:1", channels: [], data: 1, exclude: [] };
    expect((await call("POST", "/v1/publish", body)).status).toBe(200);
    expect(published).toMatchObject([{ channel: "chat:1", data: 1, except: [] }]);
  });

  it("answers a failure with its status", async () => {
    const { call } = await serve();
    const { status, json } = await call("POST", "/v1/publish", { channel: "nowhere", data: 1 });
    expect(status).toBe(400);
    expect(json).toEqual({ error: new Failure("unknown_channel").body });
  });
});

describe("publish to several channels", () => {
  it("has a result for each, in order, failed ones included", async () => {
    const { call, published } = await serve();
    const { status, json } = await call("POST", "/v1/publish", {
      channels: ["chat:1", "nowhere", "chat:2"],
      data: 1,
    });
    expect(status).toBe(200);
    expect(json).toEqual({
      results: [
        { channel: "chat:1", position: "e:1" },
        { channel: "nowhere", error: new Failure("unknown_channel").body },
        { channel: "chat:2", position: "e:2" },
      ],
    });
    expect(published.map(({ channel }) => channel)).toEqual(["chat:1", "chat:2"]);
  });

  it("takes a thousand long names", async () => {
    const { call, published } = await serve();
    const channels = Array.from({ length: 1_000 }, (_, index) => `chat:${String(index).padStart(250, "x")}`);
    expect((await call("POST", "/v1/publish", { channels, data: "x".repeat(maxPayload) })).status).toBe(200);
    expect(published.map(({ channel }) => channel)).toEqual(channels);
  });
});

describe("a publication that is refused", () => {
  const bodies: Record<string, { body: unknown; place: RegExp }> = {
    "no channel": { body: { data: 1 }, place: /exactly one of `channel` and `channels`/ },
    "both channels": { body: { channel: "chat:1", channels: ["chat:1"], data: 1 }, place: /exactly one/ },
    "no data": { body: { channel: "chat:1" }, place: /^data: expected a value$/ },
    "a misspelt member": {
      body: { channel: "chat:1", data: 1, exlude: [] },
      place: /unknown member "exlude"/,
    },
    "an empty list": { body: { channels: [], data: 1 }, place: /^body: expected exactly one/ },
    "too many channels": { body: { channels: Array(1_001).fill("chat:1"), data: 1 }, place: /^channels: / },
    "a number as channel": { body: { channel: 7, data: 1 }, place: /^channel: expected a text$/ },
    "a number among the channels": { body: { channels: ["chat:1", 7], data: 1 }, place: /^channels\.1: / },
    "an empty id": { body: { channel: "chat:1", data: 1, id: "" }, place: /^id: / },
    "a long id": { body: { channel: "chat:1", data: 1, id: "i".repeat(129) }, place: /^id: / },
    "a text as exclude": { body: { channel: "chat:1", data: 1, exclude: "c1" }, place: /^exclude: / },
    "a list as body": { body: [], place: /^body: / },
    "null as body": { body: null, place: /^body: / },
    "__proto__ as a member": {
      body: '{"channel":"chat:1","data":1,"__proto__":{"id":"x"}}',
      place: /unknown member "__proto__"/,
    },
  };

  it.each(Object.entries(bodies))("%s", async (_name, { body, place }) => {
    const { call, published } = await serve();
    const { status, json } = await call("POST", "/v1/publish", body);
    expect(status).toBe(400);
    expect(json).toEqual({
      error: { code: "bad_request", message: expect.stringMatching(place), retryable: false },
    });
    expect(published).toEqual([]);
  });

  it("is told what was expected and never what was found", async () => {
    const { call } = await serve();
    const body = {
      channel: ["planted-1"],
      data: 1,
      id: "planted-2".repeat(20),
      exclude: { planted: "planted-3" },
    };
    const { text } = await call("POST", "/v1/publish", body);
    expect(text).toContain("channel: ");
    expect(text).toContain("id: ");
    expect(text).toContain("exclude: ");
    expect(text).not.toContain("planted");
  });

  it("is told of no more than a few places, in few words", async () => {
    const { call } = await serve();
    const many = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`${index}${"k".repeat(500)}`, 1]),
    );
    const unknown = await call("POST", "/v1/publish", { channel: "chat:1", data: 1, ...many });
    const wrong = await call("POST", "/v1/publish", { channels: Array(1_000).fill(1), data: 1 });
    for (const { status, text } of [unknown, wrong]) {
      expect(status).toBe(400);
      expect(text.length).toBeLessThan(1_000);
    }
    expect(wrong.text).toContain("and 992 more");
  });
});
