import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { io } from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { Recorder, until } from "./recorder.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import { expiredToken } from "./tokens.ts";
import { outlastReconnections } from "./witness.ts";

type Auth = object | ((send: (auth: object) => void) => void);

let gateway: Gateway;
const stops: (() => unknown)[] = [];

/** The official client, coming back within 20 ms. */
class OfficialClient extends Recorder {
  /** Engines that it has opened, the first one included. */
  attempts = 1;

  constructor(url: string, auth: Auth) {
    const delays = { reconnectionDelay: 10, reconnectionDelayMax: 20 };
    const socket = io(url, { transports: ["websocket"], forceNew: true, auth, ...delays });
    super(socket);
    socket.io.on("reconnect_attempt", () => {
      this.attempts += 1;
    });
    stops.push(() => socket.disconnect());
  }
}

/** Two nodes behind one address; whoever connects gets to the first until `move` is called. */
async function twoNodes(env: Record<string, string> = {}) {
  const [first, second] = [await startGateway({ env }), await startGateway({ env })];
  let { port } = first;
  const proxy = await TcpProxy.start(() => port);
  stops.push(() => proxy.stop(), first.stop, second.stop);
  const move = () => {
    port = second.port;
  };
  return { first, second, url: proxy.url, move };
}

/** The answer to a WebSocket upgrade that is refused. */
async function refusedUpgrade(url: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`, {
    headers,
  });
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
  const chunks = await response.toArray();
  const body = JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  return { status: response.statusCode, retryAfter: response.headers["retry-after"], body };
}

beforeAll(async () => {
  gateway = await startGateway({ env: { TIDEGATE_ALLOWED_ORIGINS: "https://app.example" } });
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

afterAll(() => gateway.stop());

describe("long polling, with which the official client begins by default", () => {
  it("is told what to set instead, once, and the client stays away", async () => {
    const socket = io(gateway.url, { forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 20 });
    stops.push(() => socket.disconnect());
    const refusals: unknown[] = [];
    socket.on("connect_error", (error) => refusals.push((error as { data?: unknown }).data));
    await until(() => refusals.length > 0);
    await outlastReconnections(gateway);
    expect(refusals).toEqual([
      {
        code: "bad_request",
        message: expect.stringContaining("transports: ['websocket']"),
        retryable: false,
      },
    ]);
    expect(socket.active).toBe(false);
  });
});

describe("a refusal that will not get better", () => {
  it("is not that `resume` is a text, which is all that the client in Java takes", async () => {
    const resume = JSON.stringify([{ channel: "chat:text", since: "start" }]);
    const client = new OfficialClient(gateway.url, { token: await gateway.token("alice"), resume });
    await until(() => client.received.some(({ event }) => event === "welcome"));
    const welcome = client.received.find(({ event }) => event === "welcome");
    expect(JSON.stringify(welcome)).toContain('"channel":"chat:text"');
  });

  it.each([
    ["unauthorized", async () => ({ token: "not a token" })],
    ["unauthorized", async () => ({})],
    ["token_expired", async () => ({ token: await expiredToken("alice") })],
    ["bad_request", async () => ({ token: 5 })],
  ])("`%s` is told once, and the client stays away", async (code, auth) => {
    const refusals = () => gateway.metric("tidegate_refusals_total", `code="${code}"`);
    const before = await refusals();
    const client = new OfficialClient(gateway.url, await auth());
    await until(() => client.refusals.length > 0);
    await outlastReconnections(gateway);
    expect(client.refusals).toEqual([{ code, message: expect.any(String), retryable: false }]);
    expect(client).toMatchObject({ attempts: 1, received: [], socket: { active: false } });
    expect((await refusals()) - before).toBe(1);
  });

  it("is 403 before the upgrade for a page of another origin", async () => {
    const { status, body } = await refusedUpgrade(gateway.url, { origin: "https://app.example.evil" });
    expect({ status, body }).toMatchObject({ status: 403, body: { error: { code: "forbidden" } } });
  });
});

describe("a refusal before the upgrade that may get better", () => {
  it("is 503 with Retry-After", async () => {
    const { first } = await twoNodes();
    await first.app.drain();
    const error = {
      code: "draining",
      message: expect.any(String),
      retryable: true,
      after: expect.any(Number),
    };
    expect(await refusedUpgrade(first.url)).toEqual({
      status: 503,
      retryAfter: expect.stringMatching(/^[1-5]$/),
      body: { error },
    });
  });

  it("brings clients back once the node takes handshakes again", async () => {
    const busy = await startGateway({ env: { TIDEGATE_HANDSHAKE_RATE: "2" } });
    stops.push(busy.stop);
    const token = await busy.token("alice");
    const clients = Array.from({ length: 5 }, () => new OfficialClient(busy.url, { token }));
    await Promise.all(clients.map((client) => client.welcome()));
    expect(await busy.metric("tidegate_refusals_total", 'code="rate_limited"')).toBeGreaterThan(0);
    expect(clients.flatMap(({ refusals }) => refusals).filter((refusal) => refusal)).toEqual([]);
  });

  it("brings clients of a node that drains to another one", async () => {
    const { first, second, url, move } = await twoNodes();
    await first.app.drain();
    const client = new OfficialClient(url, { token: await first.token("alice") });
    await until(() => client.attempts >= 3);
    move();
    await client.welcome();
    expect(await second.metric("tidegate_connections")).toBe(1);
    expect(client.refusals.filter((refusal) => refusal !== undefined)).toEqual([]);
  });
});

describe("a refusal after the upgrade that may get better", () => {
  it("is a close without CONNECT_ERROR, and the client comes back", async () => {
    const { first, second, url, move } = await twoNodes();
    const token = await first.token("alice");
    let drained: Promise<number> | undefined;
    const client = new OfficialClient(url, (send) => {
      // The transport is open, CONNECT is not sent yet.
      drained ??= first.app.drain();
      move();
      send({ token });
    });
    expect(await client.welcome()).toMatchObject({ user: "alice" });
    await drained;
    expect(client.attempts).toBe(2);
    expect(await first.metric("tidegate_connections_opened_total")).toBe(0);
    expect(await first.metric("tidegate_refusals_total", 'code="draining"')).toBe(1);
    expect(await second.metric("tidegate_connections")).toBe(1);
    expect(client.refusals.filter((refusal) => refusal !== undefined)).toEqual([]);
  });
});
