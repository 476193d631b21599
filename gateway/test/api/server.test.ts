import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { json as readJson } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { causeOf } from "../../src/cause.ts";
import { Failure } from "../../src/errors.ts";
import { key, maxPayload, secondKey, serve } from "./harness.ts";

const calls = [
  "POST /v1/publish",
  "POST /v1/batch",
  "GET /v1/history?channel=chat:1",
  "DELETE /v1/history?channel=chat:1",
  "GET /v1/presence?channel=chat:1",
  "GET /v1/connections?user=ann",
  "POST /v1/subscribe",
  "POST /v1/unsubscribe",
  "POST /v1/disconnect",
  "POST /v1/tokens",
  "POST /v1/revoke",
  "GET /v1/nodes",
].map((call) => {
  const [method, url = ""] = call.split(" ");
  return { method: method === "GET" || method === "DELETE" ? method : ("POST" as const), url };
});

/** A server that is asked over a socket: what is injected knows fewer methods than HTTP. */
async function listening() {
  const server = await serve();
  const { port } = new URL(await server.app.listen({ host: "127.0.0.1", port: 0 }));
  const ask = async (call: string) => {
    const [method, path] = call.split(" ");
    const sent = request({
      host: "127.0.0.1",
      port,
      path,
      method,
      headers: { authorization: `Bearer ${key}` },
    });
    const [answer] = (await once(sent.end(), "response")) as [IncomingMessage];
    return { status: answer.statusCode, headers: answer.headers, json: await readJson(answer) };
  };
  return { ...server, ask };
}

const wrong = {
  missing: undefined,
  empty: "",
  "another key": "Bearer planted-key",
  "a key's beginning": `Bearer ${key.slice(0, -1)}`,
  "a key and more": `Bearer ${key}x`,
  "no key": "Bearer ",
  "another scheme": `Basic ${key}`,
  "no scheme": key,
  "both keys": `Bearer ${key},${secondKey}`,
};

describe("the key", () => {
  it.each(calls)("is asked of $method $url, before the body is looked at", async ({ method, url }) => {
    const { inject } = await serve();
    const { status, json, headers } = await inject({ method, url, payload: "{", headers: {} });
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toBe("Bearer");
    expect(json).toEqual({ error: new Failure("unauthorized").body });
  });

  it.each(Object.entries(wrong))("is refused with always the same body: %s", async (_name, authorization) => {
    const { inject, published } = await serve();
    const headers = authorization === undefined ? {} : { authorization };
    const { status, text } = await inject({ method: "GET", url: "/v1/nodes", headers });
    expect(status).toBe(401);
    expect(text).toBe(JSON.stringify({ error: new Failure("unauthorized").body }));
    expect(published).toEqual([]);
  });

  it.each([`Bearer ${key}`, `Bearer ${secondKey}`, `bearer  ${key} `])(
    "is accepted: %j",
    async (authorization) => {
      const { inject } = await serve();
      expect((await inject({ url: "/v1/nodes", headers: { authorization } })).status).toBe(200);
    },
  );

  it.each(["k".repeat(64), "k".repeat(1_000)])(
    "is not accepted with more behind it, however long it is",
    async (long) => {
      const { inject } = await serve({ keys: [key, long] });
      const statusOf = async (given: string) =>
        (await inject({ url: "/v1/nodes", headers: { authorization: `Bearer ${given}` } })).status;
      expect(await statusOf(long)).toBe(200);
      expect(await statusOf(key)).toBe(200);
      expect(await statusOf(`${long}k`)).toBe(401);
      expect(await statusOf(long.slice(1))).toBe(401);
    },
  );

  it("cannot be right where there are none", async () => {
    const { inject } = await serve({ keys: [] });
    for (const authorization of ["Bearer ", "Bearer undefined", ""]) {
      expect((await inject({ url: "/v1/nodes", headers: { authorization } })).status).toBe(401);
    }
  });

  it.each(["/livez", "/readyz", "/metrics", "/openapi.json", "/docs"])("is not asked for %s", async (url) => {
    const { inject } = await serve();
    expect((await inject({ url })).status).toBe(200);
  });
});

describe("errors", () => {
  const authorization = `Bearer ${key}`;
  const json = { authorization, "content-type": "application/json" };

  it.each([
    { name: "malformed JSON", headers: json, payload: '{"planted":' },
    { name: "an empty body", headers: json, payload: "" },
    { name: "no body", headers: { authorization } },
    { name: "a byte that is not UTF-8", headers: json, payload: Buffer.from('{"user":"\xff"}', "latin1") },
    {
      name: "a form",
      headers: { ...json, "content-type": "application/x-www-form-urlencoded" },
      payload: "a=1",
    },
    { name: "plain text", headers: { ...json, "content-type": "text/plain" }, payload: '{"user":"ann"}' },
    { name: "no content type", headers: { authorization }, payload: Buffer.from('{"user":"ann"}') },
    { name: "a content type that is none", headers: { ...json, "content-type": "/;" }, payload: "{}" },
  ])("$name is bad_request", async ({ headers, payload }) => {
    const { inject, commands } = await serve();
    const body = payload === undefined ? {} : { payload };
    const { status, json, text } = await inject({ method: "POST", url: "/v1/revoke", headers, ...body });
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { code: "bad_request", retryable: false } });
    expect(text).not.toContain("planted");
    expect(commands).toEqual([]);
  });

  it.each([
    { url: "/v1/publish", bytes: 3 * maxPayload + 512 * 1024 },
    { url: "/v1/batch", bytes: 16 * 1024 * 1024 },
    { url: "/v1/revoke", bytes: 64 * 1024 },
  ])("a body of more than $bytes bytes to $url is too_large", async ({ url, bytes }) => {
    const { call } = await serve();
    const over = await call("POST", url, `${" ".repeat(bytes - 1)}{}`);
    expect(over.status).toBe(413);
    expect(over.json).toMatchObject({ error: { code: "too_large" } });
    expect((await call("POST", url, `${" ".repeat(bytes - 2)}{}`)).json).toMatchObject({
      error: { code: "bad_request" },
    });
  });

  it.each([
    {},
    [],
    "text",
    { channel: 1, channels: 2, data: undefined, id: "", exclude: [1], operations: [] },
    {
      channel: "",
      channels: [],
      id: "x".repeat(200),
      exclude: "no",
      operations: [{ publish: { channel: "a" } }, 1],
    },
    { user: "", connection: 5, reconnect: "yes", ttl: 0, allow: [{ channels: "*", can: ["fly"] }], info: 1 },
    { user: 5, ttl: 1.5, allow: {}, channels: Array(1_001).fill("chat:1"), unknown: true },
  ])("no library's wording is in what is said of a wrong body (%#)", async (body) => {
    const { call } = await serve();
    const posts = calls.filter(({ method }) => method === "POST");
    for (const { url } of posts) {
      const { text } = await call("POST", url, body);
      expect(text, url).not.toMatch(/Invalid|received|Too (small|big)|Unrecognized|>=|<=|nonoptional/);
    }
  });

  it.each(["GET /v1/nothing", "POST /v2/publish", "QUERY /nothing"])("%s is not_found", async (call) => {
    const { ask } = await listening();
    const { status, json } = await ask(call);
    expect({ status, json }).toEqual({ status: 404, json: { error: new Failure("not_found").body } });
  });

  it.each([
    { call: "GET /v1/publish", allow: "POST" },
    { call: "PUT /v1/history?channel=chat:1", allow: "DELETE, GET, HEAD" },
    { call: "POST /livez", allow: "GET, HEAD" },
    { call: "OPTIONS /v1/nodes", allow: "GET, HEAD" },
    { call: "QUERY /v1/presence?channel=chat:1", allow: "GET, HEAD" },
    { call: "PROPFIND /v1/batch", allow: "POST" },
  ])("$call is method_not_allowed, and says which are allowed", async ({ call, allow }) => {
    const { ask, log } = await listening();
    const { status, headers, json } = await ask(call);
    expect(status).toBe(405);
    expect(headers.allow).toBe(allow);
    expect(json).toEqual({
      error: { code: "method_not_allowed", message: `This address takes ${allow}.`, retryable: false },
    });
    expect(log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("the root leads to the documentation", async () => {
    const { inject } = await serve();
    const { status, headers } = await inject({ url: "/" });
    expect({ status, to: headers.location }).toEqual({ status: 302, to: "/docs" });
  });

  it("a malformed path is bad_request", async () => {
    const { inject } = await serve();
    const { status, json } = await inject({ url: "/v1/%zz-planted" });
    expect(status).toBe(400);
    expect(json).toEqual({
      error: { code: "bad_request", message: "The path is not a valid URL path.", retryable: false },
    });
  });

  it("what is not HTTP is bad_request", async () => {
    const { app } = await serve();
    const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
    const socket = connect(Number(port), "127.0.0.1");
    socket.end("planted\r\n\r\n");
    let answer = "";
    for await (const chunk of socket) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain(`{"error":{"code":"bad_request"`);
    expect(answer).not.toContain("planted");
  });

  it.each([new Error("planted"), "planted", { statusCode: 418, message: "planted" }, undefined])(
    "an unexpected throw is internal, with its cause in the log only (%#)",
    async (thrown) => {
      const { call, log } = await serve({ publisher: { publish: () => Promise.reject(thrown) } });
      const { status, text, headers } = await call("POST", "/v1/publish", { channel: "chat:1", data: 1 });
      expect(status).toBe(500);
      expect(text).toBe(JSON.stringify({ error: new Failure("internal").body }));
      const errors = log.filter(({ level }) => level === "error");
      expect(errors).toHaveLength(1);
      expect(errors[0]?.fields).toMatchObject({ requestId: headers["x-request-id"], route: "/v1/publish" });
      if (thrown !== undefined) expect(errors[0]?.fields.err).toBe(thrown);
    },
  );

  it.each([
    { failure: new Failure("unavailable"), seconds: "1" },
    { failure: new Failure("rate_limited", undefined, { after: 1_001 }), seconds: "2" },
    { failure: new Failure("too_large"), seconds: undefined },
    { failure: new Failure("timeout"), seconds: undefined },
  ])("$failure.code has Retry-After $seconds", async ({ failure, seconds }) => {
    const { call } = await serve({ publisher: { publish: () => Promise.reject(failure) } });
    const { status, headers, json } = await call("POST", "/v1/publish", { channel: "chat:1", data: 1 });
    expect(status).toBe(failure.status);
    expect(headers["retry-after"]).toBe(seconds);
    expect(json).toEqual({ error: failure.body });
  });
});

describe("operation", () => {
  it("is live whatever else is", async () => {
    const { inject } = await serve({ ready: () => new Failure("unavailable") });
    expect(await inject({ url: "/livez" })).toMatchObject({ status: 200, json: { status: "live" } });
  });

  it("is ready, or says why not", async () => {
    let obstacle: Failure | undefined;
    const { inject } = await serve({ ready: () => obstacle });
    expect(await inject({ url: "/readyz" })).toMatchObject({ status: 200, json: { status: "ready" } });
    obstacle = new Failure("draining");
    const { status, json } = await inject({ url: "/readyz" });
    expect({ status, json }).toEqual({ status: 503, json: { error: new Failure("draining").body } });
  });

  it("tells the metrics as they are", async () => {
    const { inject } = await serve();
    const { text, headers } = await inject({ url: "/metrics" });
    expect(text).toBe("tidegate_up 1\n");
    expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  });
});

describe("the log", () => {
  it("has one line a request, under the id that its answer carries", async () => {
    const { call, inject, log } = await serve();
    const first = await call("GET", "/v1/history?channel=chat:planted");
    const second = await call("POST", "/v1/revoke", { user: 1 });
    await inject({ url: "/livez" });
    const line = { ms: expect.any(Number) };
    expect(log).toEqual([
      {
        level: "info",
        id: "api_request",
        fields: {
          ...line,
          requestId: first.headers["x-request-id"],
          method: "GET",
          route: "/v1/history",
          status: 200,
        },
      },
      {
        level: "info",
        id: "api_request",
        fields: {
          ...line,
          requestId: second.headers["x-request-id"],
          method: "POST",
          route: "/v1/revoke",
          status: 400,
        },
      },
    ]);
    expect(first.headers["x-request-id"]).not.toBe(second.headers["x-request-id"]);
  });

  it("is not asked to take lines that it would drop", async () => {
    const lines: unknown[] = [];
    const log = { write: (id: string) => void lines.push(id), isLevelEnabled: () => false };
    const { call } = await serve({ log });
    expect((await call("GET", "/v1/nodes")).status).toBe(200);
    expect(lines).toEqual([]);
  });

  it("has no key, no token, no body and no query, nor has any answer a key", async () => {
    const { call, inject, log } = await serve({
      publisher: { publish: () => Promise.reject(new Error("broken")) },
    });
    const headers = { authorization: "Bearer key-three-planted", "x-request-id": "planted" };
    const answers = [
      await call("POST", "/v1/publish", { channel: "chat:planted", data: "planted" }),
      await call("POST", "/v1/tokens", { user: "planted", info: "planted" }),
      await call("GET", "/v1/connections?user=planted"),
      await inject({ url: "/v1/nodes?key=planted", headers }),
      await inject({ url: "/v1/planted", headers }),
    ];
    expect(log.length).toBeGreaterThan(3);
    for (const { fields, id } of log) {
      const line = JSON.stringify({ ...fields, cause: causeOf(fields.cause), err: String(fields.err), id });
      expect(line).not.toMatch(/planted|signed/);
    }
    for (const { text, headers } of answers) {
      expect(text + JSON.stringify(headers)).not.toMatch(/key-[a-z]+-planted/);
    }
  });
});
