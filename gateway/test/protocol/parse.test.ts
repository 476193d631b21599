import { expect, it } from "vitest";
import { z } from "zod";
import { Failure } from "../../src/errors.ts";
import { check, parse } from "../../src/protocol/parse.ts";
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

it.each([
  [z.string(), 1, "expected a text"],
  [z.string().min(1), "", "expected at least 1 character"],
  [z.string().max(2), "planted", "expected at most 2 characters"],
  [z.int(), 1.5, "expected a whole number"],
  [z.int(), "1", "expected a number"],
  [z.int().min(1), 0, "expected at least 1"],
  [z.int().max(5), 6, "expected at most 5"],
  [z.boolean(), "yes", "expected true or false"],
  [z.array(z.string()), {}, "expected a list"],
  [z.array(z.string()).max(1), ["a", "b"], "expected at most 1 item"],
  [z.object({}), undefined, "expected an object"],
  [z.enum(["a", "b"]), "planted", "expected one of a, b"],
  [z.literal("a"), "planted", "expected a"],
  [z.union([z.string(), z.number()]), true, "expected a value of another form"],
  [z.string("own words"), 1, "own words"],
  [z.unknown().refine((data) => data !== undefined, "own words"), undefined, "own words"],
] as const)("says in its own words what was expected (%#)", (schema, value, words) => {
  const checked = check(schema, value, "body");
  expect("fault" in checked && checked.fault.message).toBe(`body: ${words}`);
});
