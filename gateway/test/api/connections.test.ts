import { describe, expect, it } from "vitest";
import { Failure } from "../../src/errors.ts";
import { noQuestions } from "../support/reports.ts";
import { now, reached, serve } from "./harness.ts";

/** A control that leaves these nodes unreached. */
const partial = (...unreached: string[]) => ({
  send: async () => reached(unreached),
  nodes: async () => [],
  ...noQuestions,
});

const touching = [
  { url: "/v1/subscribe", body: { user: "ann", channel: "chat:1" } },
  { url: "/v1/unsubscribe", body: { user: "ann", channel: "chat:1" } },
  { url: "/v1/disconnect", body: { user: "ann" } },
  { url: "/v1/revoke", body: { user: "ann" } },
];

describe("commands to connections", () => {
  it.each(touching)("$url tells how many it touched", async ({ url, body }) => {
    const { call } = await serve();
    expect(await call("POST", url, body)).toMatchObject({ status: 200, text: '{"connections":1}' });
  });

  it.each(touching)("$url tells which nodes did not answer", async ({ url, body }) => {
    const { call } = await serve({ control: partial("n2", "n3") });
    expect((await call("POST", url, body)).json).toEqual({ connections: 1, unreached: ["n2", "n3"] });
  });

  it.each(touching)("$url answers with the failure of the cluster", async ({ url, body }) => {
    const send = () => Promise.reject(new Failure("unavailable", undefined, { after: 2_100 }));
    const { call } = await serve({ control: { send, nodes: async () => [], ...noQuestions } });
    const { status, headers, json } = await call("POST", url, body);
    expect(status).toBe(503);
    expect(headers["retry-after"]).toBe("3");
    expect(json).toMatchObject({ error: { code: "unavailable", retryable: true, after: 2_100 } });
  });

  it.each(touching)("$url refuses other members", async ({ url, body }) => {
    const { call, commands } = await serve();
    const { status, json } = await call("POST", url, { ...body, chanel: "x" });
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { message: expect.stringContaining('unknown member "chanel"') } });
    expect(commands).toEqual([]);
  });

  it.each(["subscribe", "unsubscribe"])("%s is sent only for a channel", async (kind) => {
    const { call, commands } = await serve();
    expect((await call("POST", `/v1/${kind}`, { user: "ann", channel: "nowhere" })).json).toMatchObject({
      error: { code: "unknown_channel" },
    });
    expect((await call("POST", `/v1/${kind}`, { user: "ann", channel: "a b" })).json).toMatchObject({
      error: { code: "bad_request" },
    });
    expect(commands).toEqual([]);
    await call("POST", `/v1/${kind}`, { user: "ann", channel: "chat:1" });
    expect(commands).toEqual([{ kind, user: "ann", channel: "chat:1" }]);
  });
});

describe("the connections of a user", () => {
  it("are listed", async () => {
    const { call, commands } = await serve();
    const { status, json } = await call("GET", "/v1/connections?user=ann");
    expect(status).toBe(200);
    expect(json).toEqual({ connections: reached().connections });
    expect(commands).toEqual([{ kind: "connections", user: "ann" }]);
  });

  it("are listed with the nodes that did not answer", async () => {
    const { call } = await serve({ control: partial("n2") });
    expect((await call("GET", "/v1/connections?user=ann")).json).toMatchObject({ unreached: ["n2"] });
  });

  it.each(["", "?user=", "?user=a&user=b", "?user=a&node=n1"])(
    "are refused with the query %j",
    async (query) => {
      const { call } = await serve();
      expect((await call("GET", `/v1/connections${query}`)).status).toBe(400);
    },
  );
});

describe("disconnect", () => {
  it("ends a user's connections, or one", async () => {
    const { call, commands } = await serve();
    await call("POST", "/v1/disconnect", { user: "ann" });
    await call("POST", "/v1/disconnect", { connection: "c1", reconnect: true });
    expect(commands).toEqual([
      { kind: "disconnect", target: { user: "ann" }, reconnect: false },
      { kind: "disconnect", target: { connection: "c1" }, reconnect: true },
    ]);
  });

  it.each([{}, { user: "ann", connection: "c1" }, { user: "" }, { user: "ann", reconnect: "false" }])(
    "is refused with %j",
    async (body) => {
      const { call, commands } = await serve();
      expect((await call("POST", "/v1/disconnect", body)).status).toBe(400);
      expect(commands).toEqual([]);
    },
  );
});

describe("revoke", () => {
  it("stores the whole second first, then ends the sessions", async () => {
    const { call, commands } = await serve();
    await call("POST", "/v1/revoke", { user: "ann" });
    const before = Math.floor(now / 1_000);
    expect(commands).toEqual([
      { kind: "stored", user: "ann", before },
      { kind: "revoke", user: "ann", before },
    ]);
  });

  it("keeps the user out for a time, where that is asked for", async () => {
    const { call, commands } = await serve();
    expect((await call("POST", "/v1/revoke", { user: "ann", for: "7d" })).status).toBe(200);
    const before = Math.floor(now / 1_000) + 7 * 86_400;
    expect(commands).toContainEqual({ kind: "revoke", user: "ann", before });
    for (const wrong of ["7", "366d", 7, ""]) {
      expect((await call("POST", "/v1/revoke", { user: "ann", for: wrong })).status).toBe(400);
    }
  });

  it("ends no session where it could not be stored", async () => {
    const revoke = () => Promise.reject(new Failure("unavailable"));
    const { call, commands } = await serve({ revocations: { revoke, revokedBefore: async () => undefined } });
    expect((await call("POST", "/v1/revoke", { user: "ann" })).status).toBe(503);
    expect(commands).toEqual([]);
  });
});

describe("the nodes", () => {
  it("are listed", async () => {
    const { call } = await serve();
    expect((await call("GET", "/v1/nodes")).json).toEqual({
      nodes: [{ node: "n1", version: "1.2.3", uptime: 5, connections: 1, subscriptions: 2, draining: false }],
    });
  });
});
