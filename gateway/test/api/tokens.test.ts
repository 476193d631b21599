import { describe, expect, it } from "vitest";
import { createTokens } from "../../src/auth/token.ts";
import { silentLog } from "../../src/log.ts";
import { now, serve } from "./harness.ts";

const day = 86_400_000;
const realTokens = (secrets: string[]) =>
  createTokens({ secrets, maxLifetime: day, log: silentLog, now: () => now });

describe("tokens", () => {
  it("are for a channel also with empty lists beside it, as generated clients send them", async () => {
    const { call, signed } = await serve();
    const body = { user: "ann", channel: "chat:1", channels: [], allow: [] };
    expect((await call("POST", "/v1/tokens", body)).status).toBe(200);
    expect(signed).toEqual([{ user: "ann", channel: "chat:1", ttl: 3_600_000 }]);
  });

  it("are signed for an hour where nothing else is asked", async () => {
    const { call, signed } = await serve();
    const { status, json, headers } = await call("POST", "/v1/tokens", { user: "ann" });
    expect(status).toBe(200);
    expect(json).toEqual({ token: "signed-session", expiresAt: now + 3_600_000 });
    expect(headers["cache-control"]).toBe("no-store");
    expect(signed).toEqual([{ user: "ann", ttl: 3_600_000 }]);
  });

  it("say what they are asked to", async () => {
    const { call, signed } = await serve();
    const claims = { info: null, channels: ["chat:1"], allow: [{ channels: ["chat:*"], can: ["publish"] }] };
    await call("POST", "/v1/tokens", { user: "ann", ttl: 60, ...claims });
    expect(signed).toEqual([{ user: "ann", ttl: 60_000, ...claims }]);
  });

  it("are for one channel where one is named", async () => {
    const { call, signed } = await serve();
    const { json } = await call("POST", "/v1/tokens", { user: "ann", channel: "chat:1", ttl: 60 });
    expect(json).toEqual({ token: "signed-channel", expiresAt: now + 60_000 });
    expect(signed).toEqual([{ user: "ann", channel: "chat:1", ttl: 60_000 }]);
  });

  it("are those that connections are let in with", async () => {
    const tokens = await realTokens(["a-secret-of-at-least-32-bytes-length"]);
    const { call } = await serve({ tokens });
    const { status, json } = await call("POST", "/v1/tokens", { user: "ann", ttl: 60, channels: ["chat:1"] });
    expect(status).toBe(200);
    const { token, expiresAt } = Object(json);
    expect(await tokens.verify(token)).toMatchObject({ user: "ann", expiresAt, channels: ["chat:1"] });
  });

  it("are not found without a secret", async () => {
    const { call } = await serve({ tokens: await realTokens([]) });
    const { status, json } = await call("POST", "/v1/tokens", { user: "ann" });
    expect(status).toBe(404);
    expect(json).toMatchObject({
      error: { code: "not_found", message: expect.stringContaining("TIDEGATE_TOKEN_SECRET") },
    });
  });

  const deep = `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`;
  const bodies: Record<string, unknown> = {
    "no user": {},
    "a ttl of 0": { user: "ann", ttl: 0 },
    "a ttl of half a second": { user: "ann", ttl: 0.5 },
    "a text as ttl": { user: "ann", ttl: "60" },
    "an endless ttl": '{"user":"ann","ttl":1e999}',
    "an action that is none": { user: "ann", allow: [{ channels: ["a"], can: ["listen"] }] },
    "an unknown member in allow": { user: "ann", allow: [{ channels: ["a"], can: [], planted: 1 }] },
    "channel with info": { user: "ann", channel: "chat:1", info: 1 },
    "channel with channels": { user: "ann", channel: "chat:1", channels: ["chat:2"] },
    "channel with allow": { user: "ann", channel: "chat:1", allow: [{ channels: ["a"], can: [] }] },
    "info that nests too deep": `{"user":"ann","info":${deep}}`,
    "a misspelt member": { user: "ann", tll: 60 },
  };

  it.each(Object.entries(bodies))("are refused for %s", async (_name, body) => {
    const { call, signed } = await serve();
    const { status, json } = await call("POST", "/v1/tokens", body);
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { code: "bad_request" } });
    expect(signed).toEqual([]);
  });
});
