import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SubscribeManyReply, SubscribeReply } from "../../../src/protocol/events.ts";
import type { HookAnswer, HookRequest } from "../../support/hook.ts";
import { JsonClient, PlainClient } from "../plain/client.ts";
import { Gate, Stage } from "./stage.ts";

let stage: Stage;
/** What is said of a channel; leave where nothing is. */
let said: Record<string, object>;
/** What the whole frame is answered with, where that is something else. */
let instead: HookAnswer | undefined;

const forbidden = { error: { code: "forbidden", message: "Not your order." } };

function decide({ body }: HookRequest): HookAnswer {
  if (body.type !== "subscribe") return { answer: {} };
  if (instead) return instead;
  const channels = body.subscribe as { channel: string }[];
  return { answer: { results: channels.map(({ channel }) => said[channel] ?? {}) } };
}

beforeEach(async () => {
  said = { "order:no": forbidden };
  instead = undefined;
  stage = await Stage.set(decide);
});

afterEach(() => stage.strike());

const asked = () => stage.hook.of("subscribe").map(({ subscribe }) => subscribe);

describe("a channel that is left to a backend", () => {
  it("is joined with the backend's leave, one question for a frame", async () => {
    const ann = await stage.client("ann");
    const items = [
      { channel: "order:1", data: { invite: 7 } },
      { channel: "free:1" },
      { channel: "order:no" },
      { channel: "nope" },
    ];
    const reply = await ann.request<SubscribeManyReply>("subscribe", items);
    expect(reply.results).toMatchObject([
      { ok: true, channel: "order:1" },
      { ok: true, channel: "free:1" },
      { ok: false, channel: "order:no", error: { code: "forbidden", message: "Not your order." } },
      { ok: false, channel: "nope", error: { code: "unknown_channel" } },
    ]);
    expect(asked()).toEqual([[{ channel: "order:1", data: { invite: 7 } }, { channel: "order:no" }]]);
    expect(stage.hook.of("subscribe")[0]).toMatchObject({
      hook: "shop",
      user: "ann",
      connection: ann.socket.id,
    });
    await stage.gateway.call("POST", "/v1/publish", { channel: "order:1", data: "hi" });
    await ann.next("message");
    expect(stage.hook.unverified).toEqual([]);
  });

  it("is refused in the backend's words", async () => {
    const ann = await stage.client("ann");
    expect(await ann.request("subscribe", { channel: "order:no" })).toEqual({
      ok: false,
      error: { code: "forbidden", message: "Not your order.", retryable: false },
    });
  });

  it("shows in its presence what the backend says", async () => {
    said["order:1"] = { info: { role: "buyer" } };
    const ann = await stage.client("ann");
    await ann.request("subscribe", [{ channel: "order:1" }, { channel: "order:2" }]);
    expect(await ann.request("presence", { channel: "order:1" })).toMatchObject({
      users: [{ user: "ann", info: { role: "buyer" } }],
    });
    await ann.request("away", {});
    expect(await ann.request("presence", { channel: "order:1" })).toMatchObject({
      users: [{ user: "ann", info: { role: "buyer" }, state: "away" }],
    });
  });

  it("is unavailable while the backend does not answer, and the others of the frame are not", async () => {
    instead = { status: 500 };
    const ann = await stage.client("ann");
    const { results } = await ann.request<SubscribeManyReply>("subscribe", [
      { channel: "order:1" },
      { channel: "free:1" },
    ]);
    expect(results).toMatchObject([
      { ok: false, error: { code: "unavailable", retryable: true } },
      { ok: true },
    ]);
  });

  it("is asked about before the welcome, where a client comes back to it", async () => {
    const ann = await stage.client("ann", { resume: [{ channel: "order:1" }, { channel: "order:no" }] });
    expect(ann.of("welcome")[0]).toMatchObject({
      channels: [
        { channel: "user:ann", ok: true },
        { channel: "order:1", ok: true },
        { channel: "order:no", ok: false },
      ],
    });
    expect(asked()).toHaveLength(1);
  });

  it("is joined over /json and /ws alike", async () => {
    const json = stage.keep(new JsonClient(stage.gateway.url, { token: await stage.gateway.token("ann") }));
    await json.next("welcome");
    expect(await json.ask("subscribe", { channel: "order:1" })).toMatchObject({ ok: true });
    const headers = { authorization: `Bearer ${await stage.gateway.token("bob")}` };
    const text = stage.keep(new PlainClient(`${stage.gateway.url}/ws/order:1`, { headers }));
    await text.opened();
    await vi.waitUntil(() => asked().length === 2);
    const lost = stage.keep(new PlainClient(`${stage.gateway.url}/ws/order:no`, { headers }));
    expect(await lost.ended).toMatchObject({ code: 4403 });
    await expect
      .poll(async () => {
        await stage.gateway.call("POST", "/v1/publish", { channel: "order:1", data: "hi" });
        return text.frames.length;
      })
      .toBeGreaterThan(0);
  });
});

describe("while a backend thinks about a channel", () => {
  let gate: Gate;

  beforeEach(() => {
    gate = new Gate();
    stage.hook.handle = async (request) => {
      if (JSON.stringify(request.body.subscribe).includes("order:slow")) await gate.passed;
      return decide(request);
    };
  });

  it("what follows to the same channel waits, and everything else goes on", async () => {
    const ann = await stage.client("ann");
    const order: string[] = [];
    const send = async (name: string, event: string, payload: unknown) => {
      const reply = await ann.request<{ ok: boolean }>(event, payload);
      order.push(`${name} ${reply.ok}`);
      return reply;
    };
    const held = [
      send("subscribe", "subscribe", { channel: "order:slow" }),
      send("history", "history", { channel: "order:slow" }),
      send("unsubscribe", "unsubscribe", { channel: "order:slow" }),
    ];
    await send("other subscribe", "subscribe", { channel: "free:1" });
    await send("other publish", "publish", { channel: "free:1", data: 1 });
    await send("back", "back", {});
    await send("refresh", "refresh", { token: await stage.gateway.token("ann") });
    gate.open();
    await Promise.all(held);
    expect(order.slice(0, 4)).toEqual([
      "other subscribe true",
      "other publish true",
      "back true",
      "refresh true",
    ]);
    expect(order.slice(4)).toEqual(["subscribe true", "history true", "unsubscribe true"]);
  });

  it("a welcome waits, but not what a backend does to the connection", async () => {
    const { TestClient } = await import("../../support/client.ts");
    const auth = { token: await stage.gateway.token("ann"), resume: [{ channel: "order:slow" }] };
    const ann = stage.keep(new TestClient(stage.gateway.url, auth));
    await vi.waitUntil(() => asked().length === 1, { timeout: 5_000 });
    const early = ann.request("ping", {});
    const subscribed = await stage.gateway.call("POST", "/v1/subscribe", { user: "ann", channel: "free:1" });
    expect(subscribed).toMatchObject({ body: { connections: 1 } });
    expect(ann.received.map(({ event }) => event)).not.toContain("welcome");
    gate.open();
    await ann.next("welcome");
    expect(await early).toMatchObject({ ok: true });
    expect(ann.received.map(({ event }) => event)).toEqual(["subscribed", "welcome"]);
  });

  it("a revocation ends the session at once, and the answer is dropped", async () => {
    const ann = await stage.client("ann");
    ann.socket.emit("subscribe", { channel: "order:slow" });
    await vi.waitUntil(() => asked().length === 1, { timeout: 5_000 });
    expect(await stage.gateway.call("POST", "/v1/revoke", { user: "ann" })).toMatchObject({
      body: { connections: 1 },
    });
    expect(await ann.next("goodbye")).toMatchObject({ code: "revoked" });
    gate.open();
    await expect.poll(() => stage.gateway.metric("tidegate_subscriptions")).toBe(0);
  });
});

describe("a grant", () => {
  beforeEach(() => {
    said["order:1"] = { grant: 60, info: { role: "buyer" } };
  });

  const join = async (
    client: { request: <R>(event: string, payload: unknown) => Promise<R> },
    more: object = {},
  ) => client.request<SubscribeReply>("subscribe", { channel: "order:1", ...more });

  it("is a token by which another node asks nobody, and knows the info", async () => {
    const ann = await stage.client("ann");
    const { token } = await join(ann);
    expect(token).toEqual(expect.any(String));
    const other = await Stage.set(decide);
    const again = await other.client("ann");
    expect(await join(again, { token })).toMatchObject({ ok: true, token });
    expect(await again.request("presence", { channel: "order:1" })).toMatchObject({
      users: [{ info: { role: "buyer" } }],
    });
    expect(other.hook.requests).toEqual([]);
    const bob = await other.client("bob");
    await join(bob, { token });
    expect(other.hook.of("subscribe")).toMatchObject([{ user: "bob" }]);
    await other.strike();
  });

  it("is remembered by the node for a client that brings no token", async () => {
    const ann = await stage.client("ann");
    await join(ann);
    ann.close();
    const again = await stage.client("ann", { resume: [{ channel: "order:1" }] });
    expect(again.of("welcome")[0]).toMatchObject({
      channels: [{ ok: true }, { ok: true, channel: "order:1" }],
    });
    expect(asked()).toHaveLength(1);
    await join(await stage.client("bob"));
    expect(asked()).toHaveLength(2);
  });

  it("ends with a revocation", async () => {
    const ann = await stage.client("ann");
    const { token } = await join(ann);
    await stage.gateway.call("POST", "/v1/revoke", { user: "ann" });
    await ann.next("goodbye");
    // Tokens of the second of the revocation are refused, too.
    const second = Math.floor(Date.now() / 1_000);
    await vi.waitUntil(() => Math.floor(Date.now() / 1_000) > second, { timeout: 5_000, interval: 5 });
    const again = await stage.client("ann");
    await join(again, { token });
    expect(asked()).toHaveLength(2);
  });

  it("has no token without a secret, and is remembered all the same", async () => {
    const other = await Stage.set(decide, { env: { TIDEGATE_TOKEN_SECRET: "", TIDEGATE_ANONYMOUS: "true" } });
    const { TestClient } = await import("../../support/client.ts");
    const anonymous = other.keep(new TestClient(other.gateway.url, {}));
    await anonymous.next("welcome");
    expect(await join(anonymous)).not.toHaveProperty("token");
    expect(await join(anonymous)).toMatchObject({ ok: true });
    expect(other.hook.of("subscribe")).toHaveLength(1);
    await other.strike();
  });
});

describe("a right that ends", () => {
  const soon = () => Date.now() + 2_000;

  it("is asked for again before that, and goes on", async () => {
    said["order:1"] = { expiresAt: soon(), grant: 1 };
    const ann = await stage.client("ann");
    const { token } = await ann.request<SubscribeReply>("subscribe", { channel: "order:1" });
    said["order:1"] = { grant: 600 };
    await vi.waitUntil(() => asked().length === 2, { timeout: 10_000 });
    const granted = await ann.next("granted");
    expect(granted).toEqual({ channel: "order:1", token: expect.any(String) });
    expect(granted.token).not.toBe(token);
    expect(ann.of("unsubscribed")).toEqual([]);
  });

  it("ends where the backend says so", async () => {
    said["order:1"] = { expiresAt: soon() };
    const ann = await stage.client("ann");
    await ann.request("subscribe", { channel: "order:1" });
    said["order:1"] = forbidden;
    expect(await ann.next("unsubscribed")).toMatchObject({
      channel: "order:1",
      error: { code: "forbidden" },
    });
  });

  it("goes on while the backend does not answer", async () => {
    said["order:1"] = { expiresAt: soon() };
    const ann = await stage.client("ann");
    await ann.request("subscribe", { channel: "order:1" });
    instead = { status: 500 };
    await vi.waitUntil(() => asked().length === 2, { timeout: 10_000 });
    await stage.gateway.call("POST", "/v1/publish", { channel: "order:1", data: "hi" });
    await ann.next("message");
    expect(ann.of("unsubscribed")).toEqual([]);
  });
});
