import { afterEach, expect, it, vi } from "vitest";
import { detectHost } from "../../src/transports/detect.ts";

afterEach(() => vi.unstubAllGlobals());

const host = () => ({ connectSocket: vi.fn() });

it.each(["wx", "my", "tt", "swan", "qq", "ks", "jd", "xhs", "uni"])("finds `%s`", (name) => {
  const platform = host();
  vi.stubGlobal(name, platform);
  expect(detectHost()).toBe(platform);
});

it("takes the platform itself before a framework that wraps it", () => {
  const platform = host();
  vi.stubGlobal("uni", host());
  vi.stubGlobal("my", platform);
  expect(detectHost()).toBe(platform);
});

it("takes the browser where `wx` has no sockets, as in a web view of WeChat", () => {
  vi.stubGlobal("wx", { miniProgram: {} });
  expect(detectHost()).toMatchObject({ suspendAfter: Number.POSITIVE_INFINITY });
});
