import type { IncomingMessage } from "node:http";
import { expect, it } from "vitest";
import { addressReader } from "../../src/transport/address.ts";

function request(remoteAddress: string | undefined, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

it("is the peer's where no proxy is trusted, whatever it says", () => {
  expect(addressReader([])(request("203.0.113.9", "198.51.100.1"))).toBe("203.0.113.9");
});

it("is the first one from the right that is not a trusted proxy", () => {
  const addressOf = addressReader(["10.0.0.0/8", "192.0.2.1"]);
  expect(addressOf(request("10.1.1.1", "198.51.100.1"))).toBe("198.51.100.1");
  expect(addressOf(request("10.1.1.1", "6.6.6.6, 198.51.100.1, 192.0.2.1"))).toBe("198.51.100.1");
  expect(addressOf(request("10.1.1.1", "10.2.2.2, 10.3.3.3"))).toBe("10.2.2.2");
});

it("is an IPv4 client's as it is written everywhere, on a socket of IPv6 too", () => {
  expect(addressReader([])(request("::ffff:203.0.113.9"))).toBe("203.0.113.9");
  const addressOf = addressReader(["10.0.0.0/8"]);
  expect(addressOf(request("::ffff:10.1.1.1", "198.51.100.1"))).toBe("198.51.100.1");
  expect(addressOf(request("::ffff:10.1.1.1", "::ffff:198.51.100.1"))).toBe("198.51.100.1");
  expect(addressOf(request("::ffff:203.0.113.9", "10.0.0.1"))).toBe("203.0.113.9");
  expect(addressOf(request("2001:db8::9"))).toBe("2001:db8::9");
});

it("does not believe a peer that is not trusted", () => {
  const addressOf = addressReader(["10.0.0.0/8"]);
  expect(addressOf(request("203.0.113.9", "10.0.0.1"))).toBe("203.0.113.9");
});

it("is the peer's where a trusted proxy says nothing", () => {
  expect(addressReader(["loopback"])(request("127.0.0.1"))).toBe("127.0.0.1");
  expect(addressReader(["loopback"])(request("::1"))).toBe("::1");
});

it("is empty for a peer that has gone", () => {
  expect(addressReader(["loopback"])(request(undefined, "198.51.100.1"))).toBe("");
});

it.each([
  ["203.0.113.9:51234", "203.0.113.9"],
  ["[2001:db8::7]:443", "2001:db8::7"],
  ["[2001:db8::7]", "2001:db8::7"],
  ['"[2001:db8::7]:443"', "2001:db8::7"],
  ["2001:db8::7", "2001:db8::7"],
  ["198.51.100.1:80, 10.2.2.2:4711", "198.51.100.1"],
])("is without the port that a proxy writes: %s", (forwarded, expected) => {
  expect(addressReader(["10.0.0.0/8"])(request("10.1.1.1", forwarded))).toBe(expected);
});
