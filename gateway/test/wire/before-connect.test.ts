import { once } from "node:events";
import { io } from "socket.io-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { closeFrame, exchange, frame, openTcp, RawSocket, upgradeRequest } from "../support/raw-socket.ts";

const agent = { "User-Agent": "Newcomer/1.0" };
const maxPayload = 65_536;

let gateway: Gateway;
let lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  gateway = await startGateway({
    env: { TIDEGATE_CONNECT_TIMEOUT: "300ms", TIDEGATE_MAX_PAYLOAD: `${maxPayload}` },
    log: (line) => lines.push(JSON.parse(line)),
  });
});

beforeEach(() => {
  lines = [];
});

afterAll(() => gateway.stop());

const refusals = (code?: ErrorCode) =>
  gateway.metric("tidegate_refusals_total", code === undefined ? "" : `code="${code}"`);

/** What is counted and logged of a client that gets no further. */
async function expectTold(fail: () => Promise<unknown>, line: Record<string, unknown>): Promise<void> {
  const code = line.code as ErrorCode;
  const [before, ofCode] = [await refusals(), await refusals(code)];
  await fail();
  await expect.poll(() => refusals(code)).toBe(ofCode + 1);
  expect(await refusals()).toBe(before + 1);
  expect(lines).toMatchObject([{ level: "info", address: "127.0.0.1", suppressed: 0, ...line }]);
}

function request(method: string, path: string, headers: Record<string, string> = {}): string {
  const all = Object.entries({ Host: "gateway", "Content-Length": "0", ...agent, ...headers });
  return [`${method} ${path} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`), "", ""].join(
    "\r\n",
  );
}

describe("a request on the public port that is no upgrade is counted, logged and answered", () => {
  const polling = "/socket.io/?EIO=4&transport=polling";
  const websocket = "/socket.io/?EIO=4&transport=websocket";
  const only = "This server speaks WebSocket only: use transports: ['websocket'].";
  const lost = "The upgrade did not reach this server; the proxy has to pass Upgrade and Connection.";

  it.each([
    ["polling", request("GET", polling), "bad_request", only],
    ["polling by POST", request("POST", polling), "bad_request", only],
    ["polling of version 2", request("GET", "/socket.io/?EIO=3&transport=polling&t=N8"), "bad_request", only],
    ["an upgrade whose proxy took both headers", request("GET", websocket), "bad_request", lost],
    [
      "one whose proxy took Connection",
      request("GET", websocket, { Upgrade: "websocket" }),
      "bad_request",
      lost,
    ],
    ["a page", request("GET", "/"), "not_found", "There is nothing at this address."],
  ] as const)("%s", async (_what, text, code, words) => {
    const fail = async () => {
      const answer = await exchange(gateway.port, text);
      // Long polling has the refusal in its own words, with the status of an answer that is read.
      expect(answer).toMatch(/^HTTP\/1\.1 (?:400|404|200) /);
      expect(answer).toContain(JSON.stringify(words));
    };
    await expectTold(fail, { msgId: "public_request_refused", code, cause: words, agent: "Newcomer/1.0" });
  });
});

describe("an upgrade that is none of WebSocket's is counted, logged and answered", () => {
  it.each([
    ["without a key, as a proxy of HTTP/2 makes it", { "Sec-WebSocket-Key": "" }, /Sec-WebSocket-Key/],
    ["of another version", { "Sec-WebSocket-Version": "7" }, /Sec-WebSocket-Version/],
    ["to something else", { Upgrade: "h2c" }, /Upgrade is websocket/],
  ])("%s", async (_what, headers, words) => {
    const fail = async () => {
      const answer = await exchange(gateway.port, upgradeRequest({ headers: { ...agent, ...headers } }));
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain("Sec-WebSocket-Version: 13\r\n");
      expect(answer).toMatch(words);
    };
    const cause = expect.stringMatching(words);
    await expectTold(fail, {
      msgId: "public_request_refused",
      code: "bad_request",
      cause,
      agent: "Newcomer/1.0",
    });
  });
});

describe("a WebSocket that sends no valid CONNECT is counted and logged", () => {
  const open = () => RawSocket.open(gateway.port, { headers: agent });

  it.each([
    ["an event", frame('42["publish",{}]'), "bad_request", /CONNECT comes first/],
    ["broken JSON", frame('40{"token":"planted'), "bad_request", /invalid payload/],
    ["no Engine.IO packet", frame("planted"), "bad_request", /no Engine\.IO packet/],
    [
      "another namespace",
      frame("40/planted,{}"),
      "bad_request",
      /no namespace but \/; a path in the client's URL/,
    ],
    ["too much", frame(`40{"token":"${"x".repeat(maxPayload)}"}`), "too_large", /larger than the limit/],
    [
      "a frame that is not masked",
      frame("40", { masked: false }),
      "bad_request",
      /A frame of a client is masked/,
    ],
  ] as const)("but %s", async (_what, bytes, code, cause) => {
    const fail = async () => {
      const socket = await open();
      socket.write(bytes);
      await socket.closed;
    };
    const line = { code, cause: expect.stringMatching(cause), agent: "Newcomer/1.0" };
    await expectTold(fail, { msgId: "connect_missing", ...line });
    expect(JSON.stringify(lines)).not.toContain("planted");
  });

  it("but nothing, for as long as is waited for it", async () => {
    const cause = "No CONNECT came in time.";
    await expectTold(async () => (await open()).closed, { msgId: "connect_missing", code: "timeout", cause });
  });
});

describe("who leaves by itself before CONNECT is not refused", () => {
  it.each([
    ["with a close frame", async (socket: RawSocket) => socket.write(closeFrame())],
    ["with Engine.IO's close", async (socket: RawSocket) => socket.send("1")],
    ["without a word", async (socket: RawSocket) => void socket.tcp.end()],
  ])("%s", async (_how, leave) => {
    const before = await refusals();
    const socket = await RawSocket.open(gateway.port);
    await leave(socket);
    await socket.closed;
    await expect.poll(async () => gateway.metric("tidegate_connections")).toBe(0);
    expect([await refusals(), lines]).toEqual([before, []]);
  });

  it("nor is who says nothing at all", async () => {
    const before = await refusals();
    const tcp = await openTcp(gateway.port);
    tcp.end();
    await once(tcp, "close");
    expect([await refusals(), lines]).toEqual([before, []]);
  });
});

it("whose CONNECT is refused is counted and logged once", async () => {
  const fail = async () => {
    const socket = await RawSocket.open(gateway.port);
    socket.send('40{"token":"a.b.c"}');
    await socket.closed;
  };
  const before = await refusals();
  await fail();
  await expect.poll(() => refusals()).toBe(before + 1);
  expect(lines).toMatchObject([{ msgId: "handshake_refused", code: "unauthorized" }]);
});

it("many that are refused leave few lines, and each is counted", async () => {
  const before = await refusals();
  const requests = Array.from({ length: 40 }, () => exchange(gateway.port, request("GET", "/nothing")));
  await Promise.all(requests);
  expect(await refusals()).toBe(before + 40);
  expect(lines.length).toBeLessThanOrEqual(10);
});

it("the official client hears once that a path in its URL is no namespace, and stays away", async () => {
  const socket = io(`${gateway.url}/ws`, {
    transports: ["websocket"],
    reconnectionDelay: 10,
    forceNew: true,
  });
  const errors: (Error & { data?: unknown })[] = [];
  let opened = 0;
  socket.io.on("open", () => (opened += 1));
  socket.on("connect_error", (error) => errors.push(error));
  await new Promise<void>((resolve) => socket.io.on("close", () => resolve()));
  expect(errors).toMatchObject([
    { message: "Invalid namespace", data: { code: "bad_request", retryable: false } },
  ]);
  expect([socket.active, socket.connected]).toEqual([false, false]);
  expect(opened).toBe(1);
  socket.disconnect();
});
