import { expect, it } from "vitest";
import { originCheck } from "../../src/transport/origins.ts";

const site = "https://example.com";

it("lets exactly the named origins in", () => {
  const isAllowed = originCheck([site, "http://localhost:8080"], false);
  expect(isAllowed(site)).toBe(true);
  expect(isAllowed("http://localhost:8080")).toBe(true);
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
    expect(isAllowed(other)).toBe(false);
  }
});

it("lets in who sends none: mini-programs and servers", () => {
  expect(originCheck([], false)(undefined)).toBe(true);
  expect(originCheck([site], false)(undefined)).toBe(true);
});

it("lets any in where the list says so", () => {
  expect(originCheck(["*"], false)("https://anything.example")).toBe(true);
});

it("lets any in while none is named only where it is open", () => {
  expect(originCheck([], true)(site)).toBe(true);
  expect(originCheck([], false)(site)).toBe(false);
  expect(originCheck([site], true)("https://other.example")).toBe(false);
});
