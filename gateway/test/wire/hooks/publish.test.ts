import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HookAnswer, HookRequest } from "../../support/hook.ts";
import { JsonClient, PlainClient } from "../plain/client.ts";
import { Gate, Stage } from "./stage.ts";

let stage: Stage;
/** What is said of a publication's text; it is published as it is where nothing is. */
let said: Record<string, HookAnswer>;

const refuse = (code: string): HookAnswer => ({
  answer: { error: { code, message: "The backend's words." } },
});

function decide({ body }: HookRequest): HookAnswer {
  const { data } = body;
  return said[typeof data === "string" ? data : ""] ?? { answer: {} };
}

beforeEach(async () => {
  said = {
    rude: { answer: { data: "***" } },
    none: { answer: { data: null } },
    hidden: { answer: { skip: true } },
    forged: { answer: { data: { _binary: "AAAA" } } },
    huge: { answer: { data: "x".repeat(65_000), more: 1 } },
    deep: { status: 200, text: `{"data":${"[".repeat(40)}${"]".repeat(40)}}` },
  };
  stage = await Stage.set(decide, { env: { TIDEGATE_MAX_PAYLOAD: "32KiB", TIDEGATE_ANONYMOUS: "true" } });
});

afterEach(() => stage.strike());

const dataOf = (messages: { data: unknown }[]) => messages.map(({ data }) => data);

describe("a publication that a backend is asked about", () => {
  it("is published as it came, or as the backend wants it, or not at all", async () => {
    const ann = await stage.client("ann");
    await ann.request("subscribe", { channel: "talk:1" });
    const publish = (data: unknown, more: object = {}) =>
      ann.request("publish", { channel: "talk:1", data, ...more });
    expect(await publish("kind", { id: "m-1" })).toEqual({
      ok: true,
      position: expect.stringMatching(/:1$/),
    });
    expect(await publish("rude")).toEqual({ ok: true, position: expect.stringMatching(/:2$/) });
    expect(await publish("hidden")).toEqual({ ok: true, skipped: true });
    expect(await publish("none")).toMatchObject({ ok: true });
    expect(await publish({ picture: Buffer.from([1, 2]) })).toMatchObject({ ok: true });
    await ann.next("message", 4);
    const messages = ann.messages("talk:1");
    expect(dataOf(messages)).toEqual(["kind", "***", null, { picture: Buffer.from([1, 2]) }]);
    expect(messages[0]).toMatchObject({ id: "m-1", user: "ann" });
    const asked = stage.hook.of("publish");
    expect(asked[0]).toMatchObject({
      hook: "shop",
      channel: "talk:1",
      data: "kind",
      messageId: "m-1",
      user: "ann",
    });
    expect(asked[4]?.data).toEqual({ picture: { _binary: "AQI=" } });
    expect(stage.hook.unverified).toEqual([]);
  });

  it.each(["forbidden", "unauthorized", "bad_request", "not_found", "rate_limited", "unavailable"])(
    "is refused in the backend's words with %s",
    async (code) => {
      said.text = refuse(code);
      const ann = await stage.client("ann");
      expect(await ann.request("publish", { channel: "talk:1", data: "text" })).toMatchObject({
        ok: false,
        error: { code, message: "The backend's words." },
      });
    },
  );

  it.each(["forged", "huge", "deep"])(
    "is unavailable where the backend wants what is no message: %s",
    async (text) => {
      const ann = await stage.client("ann");
      expect(await ann.request("publish", { channel: "talk:1", data: text })).toMatchObject({
        ok: false,
        error: { code: "unavailable", retryable: true },
      });
      expect(await ann.request("publish", { channel: "talk:1", data: "kind" })).toMatchObject({ ok: true });
    },
  );

  it("asks nobody for what would be refused anyway", async () => {
    const ann = await stage.client("ann");
    const codes: unknown[] = [];
    for (const payload of [
      { channel: "talk:1" },
      { channel: "nope", data: 1 },
      { channel: "user:ann", data: 1 },
    ]) {
      const { error } = await ann.request<{ error: { code: string } }>("publish", payload);
      codes.push(error.code);
    }
    expect(codes).toEqual(["bad_request", "unknown_channel", "forbidden"]);
    expect(stage.hook.requests).toEqual([]);
  });

  it("keeps its order on its channel, and holds up no other", async () => {
    const gate = new Gate();
    stage.hook.handle = async (request) => {
      if (request.body.data === "first") await gate.passed;
      return decide(request);
    };
    const ann = await stage.client("ann");
    await ann.request("subscribe", [{ channel: "talk:1" }, { channel: "free:1" }]);
    const publish = (channel: string, data: unknown) => ann.request("publish", { channel, data });
    const held = [publish("talk:1", "first"), publish("talk:1", "second")];
    await vi.waitUntil(() => stage.hook.of("publish").length === 1);
    expect(await publish("free:1", "third")).toMatchObject({ ok: true });
    expect(await publish("talk:2", "fourth")).toMatchObject({ ok: true });
    expect(await ann.request("away", {})).toEqual({ ok: true });
    expect(await ann.request("refresh", { token: await stage.gateway.token("ann") })).toMatchObject({
      ok: true,
    });
    expect(stage.hook.of("publish")).toHaveLength(2);
    gate.open();
    expect(await Promise.all(held)).toMatchObject([{ ok: true }, { ok: true }]);
    await ann.next("message", 3);
    expect(dataOf(ann.messages("talk:1"))).toEqual(["first", "second"]);
  });

  it("lets the backend act on the asker before it answers", async () => {
    const { gateway } = stage;
    const done: unknown[] = [];
    stage.hook.handle = async (request) => {
      if (request.body.type !== "publish") return decide(request);
      const { user, connection } = request.body;
      done.push(await gateway.call("POST", "/v1/subscribe", { user, channel: "free:9" }));
      done.push(await gateway.call("POST", "/v1/unsubscribe", { user, channel: "talk:1" }));
      done.push(await gateway.call("POST", "/v1/disconnect", { connection, reconnect: false }));
      return { answer: {} };
    };
    const ann = await stage.client("ann");
    await ann.request("subscribe", { channel: "talk:1" });
    ann.socket.emit("publish", { channel: "talk:1", data: "last" });
    await ann.next("goodbye");
    await vi.waitUntil(() => done.length === 3);
    expect(done).toMatchObject(Array(3).fill({ status: 200, body: { connections: 1 } }));
    const history = await gateway.call("GET", "/v1/history?channel=talk:1");
    expect(history.body.messages).toEqual([]);
  });

  it("without an acknowledgement fails as `failed`", async () => {
    said.text = refuse("forbidden");
    const ann = await stage.client("ann");
    ann.socket.emit("publish", { channel: "talk:1", data: "text" });
    expect(await ann.next("failed")).toMatchObject({ event: "publish", error: { code: "forbidden" } });
  });
});

describe("a request that a backend answers", () => {
  beforeEach(() => {
    stage.hook.handle = ({ body }) => {
      const { data } = body as { data?: { code?: string; silent?: boolean } };
      if (data?.code) return refuse(data.code);
      return { answer: data?.silent ? {} : { data: { event: body.event, got: data ?? null } } };
    };
  });

  it("is any event that the protocol does not name", async () => {
    const ann = await stage.client("ann");
    const id = ann.socket.id;
    expect(await ann.request("total", { cart: 7 })).toEqual({
      ok: true,
      data: { event: "total", got: { cart: 7 } },
    });
    expect(await ann.request("seen", { silent: true })).toEqual({ ok: true });
    expect(await ann.request("blob", { of: Buffer.from("x") })).toMatchObject({
      data: { got: { of: { _binary: "eA==" } } },
    });
    expect(stage.hook.of("request")[0]).toMatchObject({
      event: "total",
      data: { cart: 7 },
      user: "ann",
      connection: id,
    });
  });

  it.each(["forbidden", "unauthorized", "bad_request", "not_found", "rate_limited", "unavailable"])(
    "is refused with %s",
    async (code) => {
      const ann = await stage.client("ann");
      expect(await ann.request("total", { code })).toMatchObject({ ok: false, error: { code } });
    },
  );

  it("without an acknowledgement is dropped, or fails as `failed`", async () => {
    const ann = await stage.client("ann");
    ann.socket.emit("total", { cart: 7 });
    ann.socket.emit("total", { code: "forbidden" });
    expect(await ann.next("failed")).toMatchObject({ event: "total", error: { code: "forbidden" } });
    expect(ann.received.map(({ event }) => event)).toEqual(["welcome", "failed"]);
  });

  it("is bounded in its name, and forges no binary value", async () => {
    const ann = await stage.client("ann");
    expect(await ann.request("x".repeat(129), {})).toMatchObject({ error: { code: "bad_request" } });
    expect(await ann.request("total", { _binary: "AAAA" })).toMatchObject({ error: { code: "bad_request" } });
    expect(stage.hook.requests).toEqual([]);
  });

  it("is one of eight at once, and holds up nothing", async () => {
    const gate = new Gate();
    stage.hook.handle = async () => {
      await gate.passed;
      return { answer: {} };
    };
    const ann = await stage.client("ann");
    const asked = Array.from({ length: 9 }, () => ann.request("total", {}));
    expect(await asked[8]).toMatchObject({ error: { code: "rate_limited" } });
    expect(await ann.request("publish", { channel: "free:1", data: 1 })).toMatchObject({ ok: true });
    expect(await ann.request("subscribe", { channel: "free:1" })).toMatchObject({ ok: true });
    gate.open();
    expect(await Promise.all(asked.slice(0, 8))).toEqual(Array(8).fill({ ok: true }));
  });

  it("goes over /json, too", async () => {
    const json = stage.keep(new JsonClient(stage.gateway.url, { token: await stage.gateway.token("ann") }));
    await json.next("welcome");
    expect(await json.ask("total", { cart: 7 })).toEqual({
      ok: true,
      data: { event: "total", got: { cart: 7 } },
    });
    expect(await json.ask("total", { code: "not_found" })).toMatchObject({
      ok: false,
      error: { code: "not_found" },
    });
    json.say("total", { code: "forbidden" });
    expect(await json.next("failed")).toMatchObject({ event: "total", error: { code: "forbidden" } });
  });
});

it("without a hook for requests nothing handles them", async () => {
  const free = "channels: []\nhooks: []";
  const other = await Stage.set(() => ({ answer: {} }), { rules: free });
  const ann = await other.client("ann");
  expect(await ann.request("total", {})).toMatchObject({ ok: false, error: { code: "no_handler" } });
  await other.strike();
});

describe("at /ws", () => {
  it("refused publications are dropped, and the third in a minute ends the connection", async () => {
    Object.assign(said, { a: refuse("forbidden"), b: refuse("not_found"), c: refuse("unauthorized") });
    const text = stage.keep(
      new PlainClient(`${stage.gateway.url}/ws/talk:1`, { headers: await bearer("ann") }),
    );
    await text.opened();
    text.send("a", "kind", "b", "rude", "c");
    expect(await text.ended).toMatchObject({ code: 4511 });
    expect(text.frames).toEqual(["kind", "***"]);
  });

  it("a backend that does not answer sends the client away to come back", async () => {
    said.gone = { status: 500 };
    const text = stage.keep(
      new PlainClient(`${stage.gateway.url}/ws/talk:1`, { headers: await bearer("ann") }),
    );
    await text.opened();
    text.send("gone");
    const { code } = await text.ended;
    expect(Math.floor(code / 100)).toBe(45);
  });

  async function bearer(user: string): Promise<Record<string, string>> {
    return { authorization: `Bearer ${await stage.gateway.token(user)}` };
  }
});
