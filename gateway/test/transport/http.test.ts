import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ErrorCode, Failure } from "../../src/errors.ts";
import { createPublicServer } from "../../src/transport/http.ts";

const goodPath = "/socket.io/?EIO=4&transport=websocket";

let server: Server;
let obstacle: Failure | undefined;
let refused: ErrorCode[];
let upgraded: number;
let faults: unknown[];
const onFault = (fault: unknown) => void faults.push(fault);

beforeEach(async () => {
  obstacle = undefined;
  refused = [];
  upgraded = 0;
  faults = [];
  server = createPublicServer({
    unready: () => obstacle,
    upgradeObstacle: () => obstacle,
    isOriginAllowed: (origin) => origin !== "https://evil.example",
    onRefused: ({ code }) => void refused.push(code),
    upgrade({ socket }) {
      upgraded += 1;
      socket.destroy();
    },
  });
  const handle = server.listeners("upgrade")[0] as (...args: unknown[]) => void;
  server.removeAllListeners("upgrade");
  // What the handler throws would end the process; here it is a fault of the test.
  server.on("upgrade", (...args) => {
    try {
      handle.apply(server, args);
    } catch (fault) {
      onFault(fault);
      args[1].destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

/** The whole answer to an upgrade request. */
async function upgrade(path: string, ...headers: string[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const lines = [`GET ${path} HTTP/1.1`, "Host: x", "Connection: Upgrade", "Upgrade: websocket", ...headers];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

it("hands upgrades of the one path on", async () => {
  await upgrade(goodPath);
  expect({ upgraded, refused }).toEqual({ upgraded: 1, refused: [] });
});

it.each(["/", "/socket.io", "/socket.io/x?EIO=4&transport=websocket", "//", "//[", "http://", "*"])(
  "refuses an upgrade of any other path, and goes on: %s",
  async (path) => {
    const answer = await upgrade(path);
    expect(faults).toEqual([]);
    expect(answer).toMatch(/^HTTP\/1.1 40[04] /);
    await upgrade(goodPath);
    expect(upgraded).toBe(1);
  },
);

it("refuses a foreign origin with 403", async () => {
  const answer = await upgrade(goodPath, "Origin: https://evil.example");
  expect(answer).toMatch(/^HTTP\/1.1 403 /);
  expect(answer).toContain('"code":"forbidden"');
  expect(refused).toEqual(["forbidden"]);
});

it.each(["draining", "unavailable", "rate_limited"] as const)(
  "answers %s with 503 and a time to wait",
  async (code) => {
    obstacle = new Failure(code, undefined, { after: 1_500 });
    const answer = await upgrade(goodPath);
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(answer).toContain("Retry-After: 2\r\n");
    expect(upgraded).toBe(0);
  },
);

it("answers plain requests, and does not stay open for more", async () => {
  const { port } = server.address() as AddressInfo;
  const plain = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4`);
  expect(plain.status).toBe(400);
  expect(plain.headers.get("connection")).toBe("close");
  expect(await plain.json()).toMatchObject({ error: { code: "bad_request" } });
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(404);
});

it("survives a peer that resets the connection while it is refused", async () => {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  socket.resetAndDestroy();
  await upgrade(goodPath);
  await vi.waitFor(() => expect(upgraded).toBe(1));
  expect(faults).toEqual([]);
});

describe("long polling", () => {
  const poll = (query: string, init: RequestInit = {}) => {
    const { port } = server.address() as AddressInfo;
    return fetch(`http://127.0.0.1:${port}/socket.io/?${query}`, init);
  };

  it("is refused in Engine.IO's own words, once", async () => {
    const answer = await poll("EIO=4&transport=polling");
    expect(answer.status).toBe(200);
    const [open, refusal, end] = (await answer.text()).split("\u001e");
    expect(open).toMatch(/^0\{"sid":"[\w-]{20}","upgrades":\[\]/);
    const { message, data } = JSON.parse(String(refusal?.slice(2)));
    expect(refusal?.slice(0, 2)).toBe("44");
    expect(message).toContain("transports: ['websocket']");
    expect(data).toMatchObject({ code: "bad_request", retryable: false });
    expect(end).toBe("41");
    const sid = JSON.parse(String(open?.slice(1))).sid;
    const last = await poll(`EIO=4&transport=polling&sid=${sid}`, { method: "POST", body: "40" });
    expect([last.status, await last.text()]).toEqual([200, "ok"]);
    expect((await poll(`EIO=4&transport=polling&sid=${sid}`)).status).toBe(400);
    expect(refused).toEqual(["bad_request", "bad_request"]);
  });

  it("is refused in those of Socket.IO 2 as well", async () => {
    const text = await (await poll("EIO=3&transport=polling")).text();
    const packets = [...text.matchAll(/(\d+):/g)];
    const [first] = packets;
    const start = first?.[0].length ?? 0;
    const open = text.slice(start, start + Number(first?.[1]));
    expect(JSON.parse(open.slice(1))).toMatchObject({ upgrades: [] });
    expect(text.slice(start + open.length)).toMatch(/^2:40\d+:44"This server speaks WebSocket only/);
  });

  it("may be read by the pages that may connect, and by no others", async () => {
    const readers = ["https://app.example", "https://evil.example"].map(async (origin) => {
      const answer = await poll("EIO=4&transport=polling", { headers: { origin } });
      return answer.headers.get("access-control-allow-origin");
    });
    expect(await Promise.all(readers)).toEqual(["https://app.example", null]);
  });
});

it("takes an empty `sid` for none, as stock Socket.IO does", async () => {
  await upgrade(`${goodPath}&sid=`);
  expect(upgraded).toBe(1);
  expect(await upgrade(`${goodPath}&sid=abc`)).toMatch(/^HTTP\/1.1 400 /);
});

it("says at /readyz whether clients are taken, and counts no refusal", async () => {
  const { port } = server.address() as AddressInfo;
  const ask = () => fetch(`http://127.0.0.1:${port}/readyz`);
  expect(await (await ask()).json()).toEqual({ status: "ready" });
  obstacle = new Failure("draining");
  const answer = await ask();
  expect([answer.status, await answer.json()]).toEqual([503, { error: obstacle.body }]);
  expect(refused).toEqual([]);
});
