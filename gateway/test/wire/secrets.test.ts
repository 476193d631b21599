import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect as dial } from "node:net";
import { text } from "node:stream/consumers";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { LogLineId } from "../../src/log-lines/table.ts";
import { connect, TestClient } from "../support/client.ts";
import { type Gateway, startGateway, testKey, testSecret } from "../support/gateway.ts";
import { RawClient } from "./clients/raw-client.ts";
import { until } from "./clients/recorder.ts";
import { expiredToken } from "./clients/tokens.ts";

/** Everything that nobody may read anywhere. */
const secrets = new Set([testSecret, testKey]);
/** What clients and backends were told that was not a success. */
const answers: string[] = [];
const lines: string[] = [];
let gateway: Gateway;

/** A text that is unlike any other. */
function plant(name: string): string {
  const text = `planted-${name}-${secrets.size}`;
  secrets.add(text);
  return text;
}

/** A token and its parts, any of which would do to recognise it. */
function plantToken(token: string): string {
  for (const part of [token, ...token.split(".").slice(1)]) secrets.add(part);
  return token;
}

beforeAll(async () => {
  gateway = await startGateway({
    env: {
      TIDEGATE_TOKEN_SECRET: `${testSecret},${plant("second-token-secret")}`,
      TIDEGATE_API_KEYS: `${testKey},${plant("second-api-key")}`,
    },
    log: (line) => lines.push(line),
  });
});

afterAll(() => gateway.stop());

interface Entry {
  msgId: LogLineId;
  [field: string]: unknown;
}

const entries = (id: LogLineId) =>
  lines.map((line) => JSON.parse(line) as Entry).filter(({ msgId }) => msgId === id);

const wsUrl = () => `${gateway.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;

async function keepRefusal(auth: object, code: string): Promise<void> {
  const client = new TestClient(gateway.url, auth);
  const error = await new Promise<Error & { data?: unknown }>((resolve) =>
    client.socket.once("connect_error", resolve),
  );
  expect(error.data).toMatchObject({ code });
  answers.push(error.message, JSON.stringify(error.data));
  client.close();
}

async function keepAnswer(status: number, path: string, init: RequestInit): Promise<void> {
  const response = await fetch(`${gateway.api}${path}`, init);
  expect({ path, status: response.status }).toEqual({ path, status });
  answers.push(JSON.stringify([...response.headers]), await response.text());
}

/** Sends bytes that may be no HTTP at all, and keeps what comes back. */
async function keepRawAnswer(port: number, bytes: string): Promise<void> {
  const socket = dial(port, "127.0.0.1");
  socket.end(bytes);
  answers.push(await text(socket));
}

async function forged(name: string): Promise<string> {
  const key = new TextEncoder().encode(plant(`${name}-of-another-key-of-enough-bytes`));
  const jwt = new SignJWT({ secret: plant(name) }).setProtectedHeader({ alg: "HS256" }).setSubject("alice");
  return plantToken(await jwt.setIssuedAt().setExpirationTime("1h").sign(key));
}

describe("no secret is told", () => {
  it("of handshakes that are refused", async () => {
    await keepRefusal({ token: plant("token") }, "unauthorized");
    await keepRefusal({ token: await forged("forged") }, "unauthorized");
    await keepRefusal({ token: plantToken(await expiredToken("alice")) }, "token_expired");
    await keepRefusal({ code: plant("login-code"), platform: "wechat" }, "unauthorized");
    await keepRefusal({ token: { value: plant("token-object") } }, "bad_request");
    await keepRefusal({ [plant("auth-key")]: 1, token: [plant("token-list")] }, "bad_request");
    await keepRefusal({ code: 5, token: plant("token-beside") }, "bad_request");
    await keepRefusal({ token: plant("deep-token"), info: nested(40) }, "bad_request");
    const resume = [{ channel: 5, token: plant("resume-token") }];
    await keepRefusal({ token: plantToken(await gateway.token("alice")), resume }, "bad_request");
    expect(entries("handshake_refused")).toHaveLength(9);
  });

  it("of upgrades and requests on the public port", async () => {
    const query = `&token=${plant("query-token")}`;
    const headers = {
      authorization: `Bearer ${plant("upgrade-bearer")}`,
      cookie: `session=${plant("cookie")}`,
    };
    const elsewhere = wsUrl().replace("/socket.io/", `/${plant("path")}/`);
    const lost = new WebSocket(`${elsewhere}${query}`, { headers });
    const [, response] = (await once(lost, "unexpected-response")) as [unknown, IncomingMessage];
    answers.push(JSON.stringify(response.headers), await text(response));
    const client = new WebSocket(`${wsUrl()}${query}`, { headers });
    await once(client, "open");
    client.send(`40{"token":"${plant("truncated-token")}`);
    await once(client, "close");
    const polling = await fetch(`${gateway.url}/socket.io/?EIO=4&transport=polling${query}`, { headers });
    // The refusal is in the client's own protocol.
    expect(polling.status).toBe(200);
    answers.push(await polling.text());
    await keepRawAnswer(
      gateway.port,
      `GET / HTTP/1.1\r\nAuthorization: ${plant("raw-bearer")}\r\nbad header\r\n\r\n`,
    );
    await keepRawAnswer(gateway.port, `${plant("no-http")}\r\n\r\n`);
  });

  it("of what clients send once they are in", async () => {
    const alice = await connect(gateway, "alice", { token: plantToken(await gateway.token("alice")) });
    const channelToken = plantToken(await forged("channel-token"));
    const personal = "user:alice";
    const failing: [string, unknown][] = [
      ["refresh", { token: plant("refresh-token") }],
      ["refresh", { token: { value: plant("refresh-object") } }],
      ["refresh", { token: plantToken(await gateway.token("bob")) }],
      ["subscribe", { channel: "chat:1", token: channelToken }],
      ["subscribe", { channel: "chat:1", token: [plant("channel-token-list")] }],
      ["publish", { channel: personal, data: plant("data"), id: plant("id") }],
      ["history", { channel: "chat:1", since: plant("since"), token: plant("history-token") }],
      ["authenticate", { password: plant("password") }],
    ];
    for (const [event, payload] of failing) {
      const reply = await alice.request(event, payload);
      expect({ event, ok: reply.ok }).toEqual({ event, ok: false });
      answers.push(JSON.stringify(reply));
      alice.socket.emit(event, payload);
    }
    // Two turns behind all of them.
    await alice.request("away", {});
    await alice.request("back", {});
    expect(alice.of("failed").length).toBeGreaterThan(0);
    answers.push(JSON.stringify(alice.of("failed")));
    const many = await alice.request("subscribe", [{ channel: "chat:2", token: plant("one-of-many") }]);
    answers.push(JSON.stringify(many));
    alice.close();
    await until(() =>
      entries("connection_closed").some(({ connection }) => connection === alice.welcome.connection),
    );
  });

  it("of malformed frames", async () => {
    const token = plantToken(await gateway.token("mallory"));
    const malformed = [
      [`42["publish",{"channel":"chat:1","data":"${plant("before-connect")}"}]`],
      [`40{"token":"${token}"}`, `40{"token":"${plant("second-connect")}"}`],
      [`40{"token":"${token}"}`, `42["refresh",{"token":"${plant("unclosed")}"`],
      [`40/${plant("namespace")},{"token":"${plant("namespace-token")}"}`],
      [`4${plant("no-packet")}`],
    ];
    for (const frames of malformed) {
      const client = await RawClient.open(gateway.url);
      client.send(...frames);
      await until(() => client.closed);
      const told = client.frames.map(String).filter((frame) => !frame.startsWith('42["welcome"'));
      // Socket.IO's packets say the namespace that they are for: it is the client's own.
      answers.push(told.map((frame) => frame.replace(/^4([14])\/[^,]*,/, "4$1")).join("\n"));
    }
  });

  it("of the server API's callers", async () => {
    const json = { "content-type": "application/json" };
    const good = { ...json, authorization: `Bearer ${testKey}` };
    const post = (body: string, headers: Record<string, string> = good) => ({
      method: "POST",
      headers,
      body,
    });
    const wrong = ["Bearer", "Basic", "Digest", ""].map((scheme) => `${scheme} ${plant("wrong-key")}`);
    for (const authorization of wrong) {
      await keepAnswer(401, "/v1/publish", post("{}", { ...json, authorization }));
    }
    await keepAnswer(401, `/v1/nodes?key=${plant("query-key")}`, {});
    await keepAnswer(404, `/v1/${plant("route")}?token=${plant("route-token")}`, { headers: good });
    await keepAnswer(400, "/v1/publish", post(`{"token":"${plant("broken-json")}"`));
    await keepAnswer(400, "/v1/publish", post(plant("no-json"), { ...good, "content-type": "text/plain" }));
    await keepAnswer(400, "/v1/publish", post(JSON.stringify({ channel: { token: plant("channel") } })));
    await keepAnswer(400, "/v1/tokens", post(JSON.stringify({ user: 7, secret: plant("tokens-secret") })));
    await keepAnswer(400, "/v1/tokens", post(JSON.stringify({ user: "alice", ttl: plant("ttl") })));
    await keepAnswer(413, "/v1/revoke", post(JSON.stringify({ user: plant("large").repeat(20_000) })));
    const { status, body } = await gateway.call("POST", "/v1/tokens", { user: "alice" });
    expect(status).toBe(200);
    plantToken(String(body.token));
    const port = Number(new URL(gateway.api).port);
    const bearer = `Authorization: Bearer ${plant("raw-api-key")}`;
    await keepRawAnswer(port, `GET /v1/nodes HTTP/1.1\r\n${bearer}\r\nbad header\r\n\r\n`);
    await keepRawAnswer(
      port,
      `GET /${plant("bad-url")}%zz HTTP/1.1\r\nHost: x\r\n${bearer}\r\nConnection: close\r\n\r\n`,
    );
  });

  it("in the log, the metrics, the errors or the documents", async () => {
    const pages = ["/metrics", "/openapi.json", "/docs/", "/readyz", "/livez"];
    const shown = await Promise.all(pages.map(async (path) => (await fetch(`${gateway.api}${path}`)).text()));
    for (const page of shown) expect(page.length).toBeGreaterThan(0);
    expect(secrets.size).toBeGreaterThan(50);
    expect(lines.length).toBeGreaterThan(20);
    expect(answers.length).toBeGreaterThan(40);
    const found = [...secrets].filter((secret) =>
      [...lines, ...answers, ...shown].some((text) => text.toLowerCase().includes(secret.toLowerCase())),
    );
    expect(found).toEqual([]);
  });
});

describe("the log", () => {
  it("has one line of a connection's opening and one of its close, with cause and duration", async () => {
    const client = await connect(gateway, "carol");
    const { connection } = client.welcome;
    const ofCarol = (id: LogLineId) => entries(id).filter((entry) => entry.connection === connection);
    client.close();
    await until(() => ofCarol("connection_closed").length > 0);
    expect(ofCarol("connection_opened")).toMatchObject([
      { level: "info", user: "carol", address: "127.0.0.1" },
    ]);
    expect(ofCarol("connection_closed")).toMatchObject([
      { level: "info", user: "carol", reason: "client_disconnect", seconds: expect.any(Number) },
    ]);
  });

  it("has one line of a call with the id that its caller was told", async () => {
    const headers = { authorization: `Bearer ${testKey}` };
    const url = `${gateway.api}/v1/presence?channel=chat:1`;
    const responses = [await fetch(url, { headers }), await fetch(url, { headers })];
    const ids = responses.map((response) => response.headers.get("x-request-id"));
    expect(new Set(ids).size).toBe(2);
    await until(() => entries("api_request").some(({ requestId }) => requestId === ids[1]));
    for (const id of ids) {
      const logged = entries("api_request").filter(({ requestId }) => requestId === id);
      expect(logged).toMatchObject([
        { method: "GET", route: "/v1/presence", status: 200, ms: expect.any(Number) },
      ]);
    }
  });

  it("has the cause of a refusal that the client is not told", async () => {
    const client = new TestClient(gateway.url, { token: "a.b.c" });
    await new Promise((resolve) => client.socket.once("connect_error", resolve));
    client.close();
    expect(entries("handshake_refused").at(-1)).toMatchObject({
      code: "unauthorized",
      cause: "the token is not a JWT",
    });
  });
});

function nested(depth: number): object {
  return depth === 0 ? {} : { deeper: nested(depth - 1) };
}
