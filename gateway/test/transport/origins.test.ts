import { describe, expect, it } from "vitest";
import { originCheck } from "../../src/transport/origins.ts";

const site = "https://example.com";
const host = "rt.example.com";
const miniGame = "weapp://wechat-game-runtime";

/** What pages send that are not the gateway's own site's. */
const foreign = [
  "http://rt.example.com.evil.test",
  "https://evil.test",
  "https://evil.test/rt.example.com",
  "https://evil.test/?https://rt.example.com",
  "https://evil.test#rt.example.com",
  "https://rt.example.com@evil.test",
  "https://evil.test@rt.example.com",
  "https://rt.example.com:443@evil.test",
  "https://rt.example.com\\@evil.test",
  "https://xrt.example.com",
  "https://sub.rt.example.com",
  "https://example.com",
  "https://rt.example.com.",
  "https://rt.example.com:8443",
  "http://rt.example.com:443",
  "https://rt.example.com:",
  "https://rt.example.com:443:443",
  "https://rt.example.com:0x1bb",
  "https://rt.example.com, https://evil.test",
  "https://rt.example.com https://evil.test",
  "https://rt.example.com/ https://evil.test",
  "https:rt.example.com",
  "https:///rt.example.com",
  "//rt.example.com",
  "rt.example.com",
  "null",
  "",
  "file://",
  "file:///rt.example.com",
  "file://rt.example.com",
  "blob:https://rt.example.com",
  "data:text/html",
  "chrome-extension://rt.example.com",
  "moz-extension://0b5ab8a4-31d3-4d5f-9f2b-4f9b0c6b2c8e",
  "safari-web-extension://0B5AB8A4",
  "FILE://x",
  "Chrome-Extension://x",
];

it("lets exactly the named origins in", () => {
  const isAllowed = originCheck([site, "http://localhost:8080"], false);
  expect(isAllowed(site, host)).toBe(true);
  expect(isAllowed("http://localhost:8080", host)).toBe(true);
  for (const other of [
    "http://example.com",
    "https://example.com:8443",
    "https://example.com.evil.net",
    "https://evil-example.com",
    "https://sub.example.com",
    "https://example.com/",
    "null",
    "",
  ]) {
    expect(isAllowed(other, host), other).toBe(false);
  }
});

it("lets in who sends none, as most mini-programs and servers do", () => {
  expect(originCheck([], false)(undefined, host)).toBe(true);
  expect(originCheck([site], false)(undefined, host)).toBe(true);
});

it("lets any in where the list says so", () => {
  expect(originCheck(["*"], false)("https://anything.example", host)).toBe(true);
  expect(originCheck(["*"], false)("null", undefined)).toBe(true);
});

it("lets any in while none is named only where it is open", () => {
  expect(originCheck([], true)(site, host)).toBe(true);
  expect(originCheck([], false)(site, host)).toBe(false);
  expect(originCheck([site], true)("https://other.example", host)).toBe(false);
});

describe.each([
  ["where none is named", []],
  ["beside a list", [site]],
])("the host that the request is for, %s", (_where, allowed) => {
  const isAllowed = originCheck(allowed, false);

  it.each([
    ["https://rt.example.com", "rt.example.com"],
    ["http://rt.example.com", "rt.example.com"],
    ["wss://rt.example.com", "rt.example.com"],
    ["ws://rt.example.com", "rt.example.com"],
    ["https://rt.example.com:443", "rt.example.com"],
    ["https://rt.example.com", "rt.example.com:443"],
    ["ws://rt.example.com", "rt.example.com:80"],
    ["http://rt.example.com:3000", "rt.example.com:3000"],
    ["https://rt.example.com:3000", "rt.example.com:3000"],
    ["HTTPS://RT.Example.com", "rt.example.COM"],
    ["http://rt.example.com/socket.io/?eio=4&transport=websocket", "rt.example.com"],
    ["http://rt.example.com:3000/socket.io/", "rt.example.com:3000"],
    ["https://rt.example.com.", "rt.example.com."],
    ["http://192.0.2.7:3000", "192.0.2.7:3000"],
    ["http://[2001:db8::7]:3000", "[2001:db8::7]:3000"],
    ["https://[2001:DB8::7]", "[2001:db8::7]:443"],
  ])("lets its own origin in: %s for %s", (origin, own) => {
    expect(isAllowed(origin, own)).toBe(true);
  });

  it.each(foreign)("keeps a foreign page out: %s", (origin) => {
    expect(isAllowed(origin, host)).toBe(origin === site && allowed.includes(site));
  });

  it.each([
    ["https://rt.example.com", undefined],
    ["https://rt.example.com", ""],
    ["https://rt.example.com", "rt.example.com."],
    ["https://rt.example.com", "rt.example.com:80"],
    ["https://rt.example.com", "rt.example.com:3000"],
    ["https://rt.example.com:3000", "rt.example.com"],
    ["https://evil.test", "evil.test@rt.example.com"],
    ["https://evil.test", "rt.example.com@evil.test"],
    ["https://evil.test@rt.example.com", "evil.test@rt.example.com"],
    ["https://evil.test", "evil.test/rt.example.com"],
    ["https://evil.test", "evil.test, rt.example.com"],
    ["https://evil.test", "https://evil.test"],
    ["https://evil.test", "evil.test:443:443"],
    ["https://evil.test", "evil.test:"],
    ["https://evil.test:99999999", "evil.test:99999999"],
    ["http://[2001:db8::7]", "[2001:db8::8]"],
    ["http://2001:db8::7", "2001:db8::7"],
    ["http://[2001:db8::7]3000", "[2001:db8::7]3000"],
    ["http://[rt.example.com]", "[rt.example.com]"],
    ["null", "null"],
    ["file://rt.example.com", "rt.example.com"],
    ["chrome-extension://rt.example.com", "rt.example.com"],
  ])("is no game with headers: %s for %s", (origin, own) => {
    expect(isAllowed(origin, own)).toBe(false);
  });
});

describe("an origin that no page can have", () => {
  it.each([miniGame, "WEAPP://wechat-game-runtime", "myapp://native"])("is let in: %s", (origin) => {
    expect(originCheck([], false)(origin, host)).toBe(true);
    expect(originCheck([], false)(origin, undefined)).toBe(true);
  });

  it("has to be named where there is a list", () => {
    expect(originCheck([site], false)(miniGame, host)).toBe(false);
    expect(originCheck([site, miniGame], false)(miniGame, host)).toBe(true);
    expect(originCheck([site], false)("constructor://rt.example.com:1", "rt.example.com:1")).toBe(false);
  });
});
