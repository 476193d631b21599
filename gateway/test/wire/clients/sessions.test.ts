import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect as open, TestClient } from "../../support/client.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { until } from "./recorder.ts";
import { outlastReconnections } from "./witness.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const rules = `
channels:
  - match: "room:*"
    subscribe: token
    publish: subscriber
    history: {size: 10, ttl: 1h}
  - match: "desk:*"
    subscribe: token
    publish: token
    history: {size: 10, ttl: 1h, read: token}
  - match: "chat:*"
    subscribe: user
    publish: user
    history: {size: 10, ttl: 1h}
`;

/** The gateway's clock; it stands where a test puts it, on a whole second. */
let clock: number;
let gateway: Gateway;
let clients: TestClient[];

beforeEach(async () => {
  clock = Math.floor(Date.now() / second) * second;
  clients = [];
  gateway = await startGateway({ rules, now: () => clock });
});

afterEach(async () => {
  for (const client of clients) client.close();
  await gateway.stop();
});

function keep<Client extends TestClient>(client: Client): Client {
  clients.push(client);
  return client;
}

const connect = async (user: string, auth: object = {}) => keep(await open(gateway, user, auth));

/** A token by the gateway's own clock. @param request `ttl` is in seconds */
async function issue(user: string, request: { ttl?: number; channel?: string } = {}): Promise<string> {
  const { status, body } = await gateway.call("POST", "/v1/tokens", { user, ...request });
  expect(status).toBe(200);
  return String(body.token);
}

/** A connection's disconnects, as the client reasons about them. */
function reasonsOf({ socket }: TestClient): string[] {
  const reasons: string[] = [];
  socket.on("disconnect", (reason) => reasons.push(reason));
  return reasons;
}

describe("goodbye", () => {
  it("with `reconnect: true` brings the client back by itself", async () => {
    const alice = await connect("alice");
    const reasons = reasonsOf(alice);
    const answer = await gateway.call("POST", "/v1/disconnect", { user: "alice", reconnect: true });
    expect(answer.body).toMatchObject({ connections: 1 });
    await alice.next("welcome", 2);
    expect(alice.of("goodbye")).toEqual([{ code: "disconnected", reconnect: true }]);
    expect(reasons).toEqual(["transport close"]);
    const [first, again] = alice.of("welcome");
    expect(again?.connection).not.toBe(first?.connection);
  });

  it("with `reconnect: false` is a disconnect, and the client stays away", async () => {
    const alice = await connect("alice");
    const reasons = reasonsOf(alice);
    await gateway.call("POST", "/v1/disconnect", { connection: alice.welcome.connection, reconnect: false });
    await until(() => reasons.length > 0);
    await outlastReconnections(gateway);
    expect(alice.of("goodbye")).toEqual([{ code: "disconnected", reconnect: false }]);
    expect(reasons).toEqual(["io server disconnect"]);
    expect(alice.of("welcome")).toHaveLength(1);
    expect(alice.socket.active).toBe(false);
  });
});

describe("a token that expires", () => {
  it("is announced, refreshed, and the session goes on", async () => {
    const alice = await connect("alice", { token: await issue("alice", { ttl: 3_600 }) });
    const { expiresAt } = alice.welcome;
    expect(expiresAt).toBe(clock + hour);
    await alice.request("subscribe", { channel: "chat:refresh" });
    clock += hour - minute;
    expect(await alice.next("expiring")).toEqual({ expiresAt });
    const reply = await alice.request("refresh", { token: await issue("alice", { ttl: 3_600 }) });
    expect(reply).toEqual({ ok: true, expiresAt: clock + hour });
    clock += hour - minute;
    expect(await alice.next("expiring", 2)).toEqual({ expiresAt: reply.expiresAt });
    await gateway.call("POST", "/v1/publish", { channel: "chat:refresh", data: "later" });
    expect(await alice.next("message")).toMatchObject({ data: "later" });
    expect(alice.of("goodbye")).toEqual([]);
  });

  it("ends the session within 5 s, and the client comes back with a fresh one", async () => {
    const tokens = [await issue("alice", { ttl: 3_600 }), await issue("alice", { ttl: 10_800 })];
    const given: unknown[] = [];
    const alice = keep(
      new TestClient(gateway.url, (send: (auth: object) => void) => {
        given.push(tokens[given.length]);
        send({ token: given.at(-1) });
      }),
    );
    await alice.next("welcome");
    clock += hour - second;
    await alice.next("expiring");
    expect(await alice.request("no such request", {})).toMatchObject({ error: { code: "no_handler" } });
    expect(alice.of("goodbye")).toEqual([]);
    clock += 6 * second;
    expect(await alice.next("goodbye")).toEqual({ code: "token_expired", reconnect: true });
    expect(await alice.next("welcome", 2)).toMatchObject({ user: "alice" });
    expect(given).toEqual(tokens);
  });

  it("does all that on the system's clock too", async () => {
    const real = await startGateway();
    try {
      const ttls = [2 * second, hour];
      const client = keep(
        new TestClient(real.url, (send: (auth: object) => void) => {
          void real.token("alice", { ttl: ttls.shift() ?? hour }).then((token) => send({ token }));
        }),
      );
      await client.next("welcome", 2);
      const events = client.received.map(({ event }) => event);
      expect(events).toEqual(["welcome", "expiring", "goodbye", "welcome"]);
      expect(client.of("goodbye")).toEqual([{ code: "token_expired", reconnect: true }]);
    } finally {
      await real.stop();
    }
  });
});

describe("refresh", () => {
  it("refuses another user's token, and the session keeps its own", async () => {
    const alice = await connect("alice");
    const reply = await alice.request("refresh", { token: await gateway.token("bob") });
    expect(reply).toMatchObject({ ok: false, error: { code: "forbidden", retryable: false } });
    expect(await alice.request("publish", { channel: "chat:mine", data: 1 })).toMatchObject({ ok: true });
    const { body } = await gateway.call("GET", "/v1/connections?user=alice");
    expect(body.connections).toHaveLength(1);
  });

  it("that takes a permission away ends the subscriptions that needed it", async () => {
    const allow = [{ channels: ["room:*"], can: ["subscribe" as const] }];
    const alice = await connect("alice", { token: await gateway.token("alice", { allow }) });
    const channels = ["room:1", "chat:1"].map((channel) => ({ channel }));
    const subscribed = await alice.request("subscribe", channels);
    expect(subscribed).toMatchObject({ results: [{ ok: true }, { ok: true }] });
    expect(await alice.request("refresh", { token: await gateway.token("alice") })).toMatchObject({
      ok: true,
    });
    expect(await alice.next("unsubscribed")).toMatchObject({
      channel: "room:1",
      error: { code: "forbidden", retryable: false },
    });
    for (const { channel } of channels) await gateway.call("POST", "/v1/publish", { channel, data: 1 });
    await alice.next("message");
    expect(alice.messages("room:1")).toEqual([]);
    expect(alice.of("unsubscribed")).toHaveLength(1);
  });
});

describe("a channel token", () => {
  it("opens its channel to its user, and nothing else", async () => {
    const alice = await connect("alice");
    const channel = "room:2";
    const subscribe = (token?: string) => alice.request("subscribe", { channel, ...(token && { token }) });
    const forbidden = { ok: false, error: { code: "forbidden" } };
    expect(await subscribe()).toMatchObject(forbidden);
    expect(await subscribe(await issue("bob", { channel }))).toMatchObject(forbidden);
    expect(await subscribe(await issue("alice", { channel: "room:3" }))).toMatchObject(forbidden);
    const session = await subscribe(await issue("alice"));
    expect(session).toMatchObject({ ok: false, error: { code: "unauthorized" } });
    expect(await subscribe(await issue("alice", { channel }))).toMatchObject({ ok: true, channel });
    expect(await alice.request("publish", { channel, data: 1 })).toMatchObject({ ok: true });
  });

  it("ends the subscription when it expires", async () => {
    const alice = await connect("alice", { token: await issue("alice", { ttl: 10_800 }) });
    const channel = "room:4";
    const token = await issue("alice", { channel, ttl: 3_600 });
    expect(await alice.request("subscribe", { channel, token })).toMatchObject({ ok: true });
    clock += hour + 5 * second;
    expect(await alice.next("unsubscribed")).toMatchObject({ channel, error: { code: "token_expired" } });
    const fresh = await issue("alice", { channel });
    expect(await alice.request("subscribe", { channel, token: fresh })).toMatchObject({ ok: true });
  });
});

describe("revoke", () => {
  it("ends the user's sessions and refuses the tokens they had", async () => {
    const had = await issue("alice");
    const [alice, bob] = [await connect("alice", { token: had }), await connect("bob")];
    const reasons = reasonsOf(alice);
    const answer = await gateway.call("POST", "/v1/revoke", { user: "alice" });
    expect(answer).toMatchObject({ status: 200, body: { connections: 1 } });
    expect(await alice.next("goodbye")).toEqual({ code: "revoked", reconnect: false });
    await until(() => reasons.length > 0);
    expect(reasons).toEqual(["io server disconnect"]);

    const late = keep(new TestClient(gateway.url, { token: had }));
    const refused = await new Promise<Error & { data?: unknown }>((resolve) =>
      late.socket.once("connect_error", resolve),
    );
    expect(refused.data).toMatchObject({ code: "unauthorized", retryable: false });
    expect(bob.of("goodbye")).toEqual([]);

    clock += second;
    const fresh = await connect("alice", { token: await issue("alice") });
    expect(fresh.welcome.user).toBe("alice");
  });

  it("refuses the user's channel tokens too, wherever they are brought", async () => {
    const [channel, other] = ["desk:1", "desk:2"];
    const [token, otherToken] = [await issue("alice", { channel }), await issue("alice", { channel: other })];
    expect(await gateway.call("POST", "/v1/publish", { channel, data: "secret" })).toMatchObject({
      status: 200,
    });
    await gateway.call("POST", "/v1/revoke", { user: "alice" });
    clock += second;
    const resume = [{ channel, token, since: "start" }];
    const alice = await connect("alice", { token: await issue("alice"), resume });
    const unauthorized = { ok: false, error: { code: "unauthorized" } };
    expect(alice.welcome.channels).toContainEqual(
      expect.objectContaining({ channel, ok: false, error: expect.objectContaining(unauthorized.error) }),
    );
    expect(await alice.request("subscribe", { channel, token, since: "start" })).toMatchObject(unauthorized);
    const both = await alice.request("subscribe", [
      { channel, token },
      { channel: other, token: otherToken },
    ]);
    expect(both).toMatchObject({ results: [unauthorized, unauthorized] });
    const denied = { ok: false, error: { code: "forbidden" } };
    expect(await alice.request("publish", { channel, data: 1 })).toMatchObject(denied);
    expect(await alice.request("history", { channel })).toMatchObject(denied);
    const renewed = await issue("alice", { channel });
    expect(await alice.request("subscribe", { channel, token: renewed })).toMatchObject({ ok: true });
  });

  it("takes from a newer session what an older channel token gave it", async () => {
    const channel = "room:1";
    const token = await issue("alice", { channel });
    clock += second;
    const alice = await connect("alice", { token: await issue("alice") });
    expect(await alice.request("subscribe", { channel, token })).toMatchObject({ ok: true });
    clock -= second;
    const answer = await gateway.call("POST", "/v1/revoke", { user: "alice" });
    expect(answer).toMatchObject({ status: 200, body: { connections: 1 } });
    expect(await alice.next("unsubscribed")).toMatchObject({
      channel,
      error: { code: "revoked", retryable: false },
    });
    const denied = { ok: false, error: { code: "not_subscribed" } };
    expect(await alice.request("publish", { channel, data: 1 })).toMatchObject(denied);
    expect(await alice.request("subscribe", { channel, token })).toMatchObject({
      error: { code: "unauthorized" },
    });
    expect(alice.of("goodbye")).toEqual([]);
  });
});
