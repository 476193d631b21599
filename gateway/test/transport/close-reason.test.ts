import { expect, it } from "vitest";
import { closeReason } from "../../src/transport/close-reason.ts";

it.each([
  ["client namespace disconnect", "client_disconnect"],
  ["transport close", "transport_close"],
  ["transport error", "transport_error"],
  ["ping timeout", "ping_timeout"],
  ["parse error", "parse_error"],
  ["server shutting down", "shutdown"],
  ["forced close", "parse_error"],
] as const)("counts %s as %s", (reason, counted) => {
  expect(closeReason(reason)).toBe(counted);
});

it("counts whatever ended a slow reader as that", () => {
  expect(closeReason("transport error", { slow: true })).toBe("slow_consumer");
});

it("counts whatever ended who sent too much at once as that", () => {
  expect(closeReason("transport error", { tooLarge: true })).toBe("too_large");
});
