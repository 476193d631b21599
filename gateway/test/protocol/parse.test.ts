import { expect, it } from "vitest";
import { Failure } from "../../src/errors.ts";
import { parse } from "../../src/protocol/parse.ts";
import { requestSchemas } from "../../src/protocol/request-schemas.ts";

function messageOf(value: unknown): string {
  try {
    parse(requestSchemas.subscribeMany, value);
  } catch (thrown) {
    return Failure.of(thrown).message;
  }
  return "";
}

it("names the place of each fault, and never the value", () => {
  const message = messageOf([{ channel: "a" }, { channel: 1, since: ["planted"] }]);
  expect(message).toMatch(/^1\.channel: .+; 1\.since: .+$/);
  expect(message).not.toContain("planted");
  expect(messageOf("planted")).toMatch(/^payload: /);
});

it("tells eight faults and how many there are besides", () => {
  const message = messageOf(Array(1_000).fill({ channel: 1 }));
  expect(message.split("; ")).toHaveLength(9);
  expect(message).toMatch(/; and 992 more$/);
});
