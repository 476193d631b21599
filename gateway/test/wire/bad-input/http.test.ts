import { describe, expect, it } from "vitest";
import { exchange, openTcp, socketPath, upgradeRequest } from "../../support/raw-socket.ts";
import { useArena } from "./arena.ts";

const origin = "https://app.example.com";
const arena = useArena({ env: { TIDEGATE_ALLOWED_ORIGINS: `${origin},http://localhost:8080` } });

function upgrade(path = socketPath, headers: Record<string, string> = {}): Promise<string> {
  return exchange(arena.gateway.port, upgradeRequest({ path, headers }));
}

function get(path: string, method = "GET"): Promise<string> {
  return exchange(arena.gateway.port, `${method} ${path} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
}

describe("what is not HTTP", () => {
  it.each([
    ["garbage", "\u0016\u0003\u0001\u0002 hello\r\n\r\n"],
    ["a WebSocket frame", "\u0081\u0085abcdefghi"],
    ["a method that does not exist", "BREW /socket.io/ HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a header without a colon", "GET /socket.io/ HTTP/1.1\r\nHost a\r\n\r\n"],
    ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
  ])("%s is 400 and closed", async (_name, text) => {
    expect(await exchange(arena.gateway.port, Buffer.from(text, "latin1"))).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("a header of 100 KB is 431 and closed", async () => {
    const answer = await upgrade(socketPath, { "X-Large": "x".repeat(100_000) });
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe("a request that is no upgrade", () => {
  it.each([
    ["polling without a version", "/socket.io/?transport=polling", "GET"],
    ["polling of an unknown version", "/socket.io/?EIO=5&transport=polling", "GET"],
    ["polling on", "/socket.io/?EIO=4&transport=polling&sid=x", "GET"],
    ["polling with data and no session", "/socket.io/?EIO=4&transport=polling", "POST"],
    ["websocket by name alone", socketPath, "GET"],
  ])("by %s is 400", async (_name, path, method) => {
    const answer = await get(path, method);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"bad_request"');
  });

  it.each([
    "/",
    "/socket.io",
    "/socket.io/socket.io.js",
    "/metrics",
    "/v1/publish",
    "/../socket.io/",
    "/%00",
  ])("for %s is 404", async (path) => {
    const answer = await get(path);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).toContain('"code":"not_found"');
  });
});

describe("an upgrade", () => {
  const socketIo = "/socket.io/";

  it.each([
    ["another path", "/other/?EIO=4&transport=websocket", 404],
    ["a path without its end", "/socket.io?EIO=4&transport=websocket", 404],
    ["polling", `${socketIo}?EIO=4&transport=polling`, 400],
    ["no transport", `${socketIo}?EIO=4`, 400],
    ["a transport named __proto__", `${socketIo}?EIO=4&transport=__proto__`, 400],
    ["a transport named constructor", `${socketIo}?EIO=4&transport=constructor`, 400],
    ["two transports", `${socketIo}?EIO=4&transport=polling&transport=websocket`, 400],
    ["Engine.IO 3", `${socketIo}?EIO=3&transport=websocket`, 400],
    ["Engine.IO __proto__", `${socketIo}?EIO=__proto__&transport=websocket`, 400],
    ["no version", `${socketIo}?transport=websocket`, 400],
    ["the session of nobody", `${socketPath}&sid=x`, 400],
    ["a session named __proto__", `${socketPath}&sid=__proto__`, 400],
    ["a session named hasOwnProperty", `${socketPath}&sid=hasOwnProperty`, 400],
    ["two sessions", `${socketPath}&sid=a&sid=b`, 400],
  ])("to %s is refused", async (_name, path, status) => {
    expect(await upgrade(path)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it.each([
    ["without a key", { "Sec-WebSocket-Key": "" }],
    ["with a key that is none", { "Sec-WebSocket-Key": "key" }],
    ["of another version", { "Sec-WebSocket-Version": "7" }],
    ["to another protocol", { Upgrade: "h2c" }],
    ["with a broken list of protocols", { "Sec-WebSocket-Protocol": "a,,b" }],
  ])("%s is refused", async (_name, headers) => {
    expect(await upgrade(socketPath, headers)).toMatch(/^HTTP\/1\.1 (400|426) /);
  });

  it("that offers compression gets none", async () => {
    const tcp = await openTcp(arena.gateway.port);
    const answer = new Promise<string>((resolve) =>
      tcp.once("data", (chunk) => resolve(chunk.toString("latin1"))),
    );
    tcp.write(upgradeRequest({ headers: { "Sec-WebSocket-Extensions": "permessage-deflate" } }));
    expect(await answer).toMatch(/^HTTP\/1\.1 101 /);
    expect((await answer).toLowerCase()).not.toContain("sec-websocket-extensions");
    tcp.destroy();
  });

  it("of a session by its own id is refused, and the session goes on", async () => {
    const session = await arena.session();
    const { sid } = JSON.parse((await session.socket.next("0{")).slice(1));
    expect(await upgrade(`${socketPath}&sid=${sid}`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await session.request("away", {})).toEqual({ ok: true });
  });

  it.each([
    "//",
    "///",
    "http://",
    "http://[",
    "//[/",
    "/%",
    "/%zz?%",
    "*",
    "/socket.io/?%&=&&transport",
    "?",
  ])("to %s, which is hardly an address, is refused", async (target) => {
    expect(await upgrade(target)).toMatch(/^HTTP\/1\.1 40[04] /);
  });

  it.each(["/other/", "/socket.io/?EIO=4&transport=polling", socketPath])(
    "to %s and a reset right behind it harm nobody",
    async (path) => {
      for (let round = 0; round < 20; round += 1) {
        const tcp = await openTcp(arena.gateway.port);
        tcp.write(upgradeRequest({ path }), () => tcp.resetAndDestroy());
        await new Promise((resolve) => tcp.once("close", resolve));
      }
      expect(await upgrade("/other/")).toMatch(/^HTTP\/1\.1 404 /);
    },
  );

  it("and a reset behind the answer harm nobody", async () => {
    for (const path of ["/other/", socketPath]) {
      const tcp = await openTcp(arena.gateway.port);
      tcp.write(upgradeRequest({ path }));
      await new Promise((resolve) => tcp.once("data", resolve));
      tcp.resetAndDestroy();
    }
    expect(await upgrade("/other/")).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("that was refused is not kept open by a peer that does not hang up", async () => {
    const tcp = await openTcp(arena.gateway.port, true);
    const gone = new Promise((resolve) => tcp.once("close", resolve));
    tcp.write(upgradeRequest({ path: "/other/" }));
    tcp.resume();
    await new Promise((resolve) => tcp.once("end", resolve));
    // Whoever writes to a socket that is closed, not only half, is told so.
    const knocking = setInterval(() => tcp.write("x"), 50);
    try {
      await gone;
    } finally {
      clearInterval(knocking);
      tcp.destroy();
    }
    expect(tcp.errored).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
  });
});

describe("an Origin", () => {
  it.each([
    "https://evil.example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com.evil.com",
    "https://app.example.com@evil.com",
    "https://sub.app.example.com",
    "https://APP.example.com/",
    "null",
    "*",
    "file://",
  ])("of %s is 403", async (foreign) => {
    const answer = await upgrade(socketPath, { Origin: foreign });
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toContain('"code":"forbidden"');
    expect(answer).not.toContain("Retry-After");
  });

  it.each([origin, "http://localhost:8080"])("of %s is let in", async (allowed) => {
    const socket = await arena.socket({ headers: { Origin: allowed } });
    expect(await socket.next("0{")).toContain('"upgrades":[]');
  });

  it("that is missing is let in", async () => {
    const socket = await arena.socket();
    expect(await socket.next("0{")).toContain('"sid"');
  });
});

it("a peer that takes its time is sent away", async () => {
  const slow = {
    "says nothing": "",
    "begins a request": "GET /socket.io/ HTTP/1.1\r\nHost: a\r\n",
    "begins an upgrade": upgradeRequest().slice(0, -2),
    "sends no body": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n",
  };
  const outcomes = Object.entries(slow).map(async ([name, text]) => {
    const answer = await exchange(arena.gateway.port, text);
    return [name, answer.slice("HTTP/1.1 ".length).split(" ", 1)[0]];
  });
  expect(Object.fromEntries(await Promise.all(outcomes))).toEqual({
    "says nothing": "408",
    "begins a request": "408",
    "begins an upgrade": "408",
    "sends no body": "404",
  });
}, 30_000);
