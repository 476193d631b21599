import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";

const rules = `
channels:
  - {match: "chat:*", subscribe: user, publish: subscriber, presence: subscriber, history: {size: 200, ttl: 30m}}
  - {match: "doc:*", subscribe: token, publish: token}
  - {match: "open:*", subscribe: anyone, publish: nobody, history: {size: 1, ttl: 1h, read: anyone}, conflate: 200ms}
`;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ rules });
});
afterAll(() => gateway.stop());

interface Part {
  kind: string;
  permissions: Record<string, { allowed: boolean; because: string }>;
}

async function explain(question: object) {
  const { status, body } = await gateway.call("POST", "/v1/explain", question);
  expect(status).toBe(200);
  return body as {
    token: Record<string, unknown>;
    channel: { error?: unknown; rule?: object; permissions: Part[] };
  };
}

/** What a kind of user may do, as words; what it may not do is in brackets. */
async function permissions(channel: string, kind: string, token?: string) {
  const { channel: part } = await explain({ channel, token });
  const { permissions = {} } = part.permissions.find((one) => one.kind === kind) ?? {};
  return Object.entries(permissions).map(([action, { allowed, because }]) =>
    allowed ? `${action} ${because}` : `(${action} ${because})`,
  );
}

describe("a token, explained,", () => {
  it("is let in, and says what it says", async () => {
    const token = await gateway.token("ann", { info: { name: "Ann" }, channels: ["chat:1"] });
    const { token: part } = await explain({ token });
    expect(part).toMatchObject({
      ...{ kind: "session", accepted: true },
      claims: { sub: "ann", info: { name: "Ann" }, channels: ["chat:1"] },
    });
    expect(JSON.stringify(part)).not.toContain(token);
  });

  it("is refused with what the client is told, and why", async () => {
    const token = `${(await gateway.token("ann")).slice(0, -4)}AAAA`;
    expect((await explain({ token })).token).toMatchObject({
      ...{ accepted: false, error: { code: "unauthorized" }, claims: { sub: "ann" } },
      reason: "no key that is configured made the signature",
    });
  });

  it.each(["", "nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ."])(
    "says why %j is none",
    async (token) => {
      const { token: part } = await explain({ token });
      expect(part).toMatchObject({
        accepted: false,
        error: { code: "unauthorized" },
        reason: expect.any(String),
      });
    },
  );

  it("is refused once it is revoked", async () => {
    const token = await gateway.token("rita");
    await gateway.call("POST", "/v1/revoke", { user: "rita" });
    expect((await explain({ token })).token).toMatchObject({
      accepted: false,
      reason: "the token is revoked",
    });
  });

  it("for one channel is a token of another kind", async () => {
    const { token } = await gateway.tokens.signChannel({ user: "ann", channel: "doc:1", ttl: 60_000 });
    expect((await explain({ token })).token).toMatchObject({ kind: "channel", accepted: true });
    expect(await permissions("doc:1", "bearer", token)).toContain("subscribe channel_token");
    expect(await permissions("doc:2", "bearer", token)).toContain("(subscribe no_grant)");
  });

  it("that is not there is refused where nobody is anonymous", async () => {
    const { token, channel } = await explain({});
    expect(token).toEqual({
      ...{ kind: "none", accepted: false, reason: "no token" },
      error: { code: "unauthorized", message: "The credentials were not accepted.", retryable: false },
    });
    expect(channel).toBeUndefined();
  });
});

describe("a channel, explained,", () => {
  it("has its rule with the defaults", async () => {
    expect((await explain({ channel: "open:1" })).channel.rule).toEqual({
      ...{ match: "open:*", personal: false, subscribe: "anyone", publish: "nobody" },
      ...{ history: { size: 1, ttl: 3_600_000, read: "anyone" }, latest: true, conflate: 200 },
    });
  });

  it("says what each kind of user may do, and why", async () => {
    expect(await permissions("chat:1", "anonymous")).toEqual([
      ...[
        "(subscribe anonymous)",
        "(publish not_subscribed)",
        "(presence not_subscribed)",
        "(history not_subscribed)",
      ],
    ]);
    expect(await permissions("chat:1", "user")).toEqual([
      ...[
        "subscribe user",
        "(publish not_subscribed)",
        "(presence not_subscribed)",
        "(history not_subscribed)",
      ],
    ]);
    expect(await permissions("chat:1", "subscriber")).toEqual([
      ...["subscribe user", "publish subscriber", "presence subscriber", "history subscriber"],
    ]);
    expect(await permissions("doc:1", "user")).toEqual([
      ...["(subscribe no_grant)", "(publish no_grant)", "(presence no_presence)", "(history no_history)"],
    ]);
    expect(await permissions("doc:1", "granted")).toContain("publish channel_token");
    expect(await permissions("open:1", "anonymous")).toEqual([
      ...["subscribe anyone", "(publish nobody)", "(presence no_presence)", "history anyone"],
    ]);
  });

  it("says what the bearer of a token may do", async () => {
    const token = await gateway.token("ann", { allow: [{ channels: ["doc:*"], can: ["subscribe"] }] });
    expect(await permissions("doc:1", "bearer", token)).toContain("subscribe token");
    expect(await permissions("doc:1", "bearer", token)).toContain("(publish no_grant)");
    expect(await permissions("user:ann", "bearer", token)).toContain("subscribe own_channel");
    expect(await permissions("user:bob", "bearer", token)).toContain("(subscribe not_yours)");
  });

  it("of a user is its owner's", async () => {
    const { channel } = await explain({ channel: "user:ann" });
    expect(channel.rule).toMatchObject({ personal: true });
    expect(channel.rule).not.toHaveProperty("match");
    expect(channel.permissions.map(({ kind }) => kind)).toEqual(["anonymous", "user", "owner"]);
    expect(await permissions("user:ann", "owner")).toEqual([
      ...[
        "subscribe own_channel",
        "(publish backends_only)",
        "(presence no_presence)",
        "history own_channel",
      ],
    ]);
  });

  it.each([
    ["nowhere", "unknown_channel"],
    ["a b", "bad_request"],
  ])("%j is none", async (name, code) => {
    expect((await explain({ channel: name })).channel).toMatchObject({ channel: name, error: { code } });
  });
});

it("a question with other members is refused", async () => {
  expect(await gateway.call("POST", "/v1/explain", { user: "ann" })).toMatchObject({ status: 400 });
});

it("a node that lets anonymous users in says so", async () => {
  const open = await startGateway({ env: { TIDEGATE_ANONYMOUS: "true" } });
  expect((await open.call("POST", "/v1/explain", {})).body).toEqual({
    token: { kind: "none", accepted: true },
  });
  await open.stop();
});
