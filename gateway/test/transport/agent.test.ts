import { expect, it } from "vitest";
import { agentOf } from "../../src/transport/agent.ts";

it("is the User-Agent, byte by byte, up to 256 characters", () => {
  expect(agentOf({ "user-agent": "MicroMessenger/8.0.50 caf\u00e9" })).toBe(
    "MicroMessenger/8.0.50 caf\u00e9",
  );
  expect(agentOf({ "user-agent": "a".repeat(15_000) })).toBe("a".repeat(256));
});

it("is empty where none is sent", () => {
  expect(agentOf({})).toBe("");
});
