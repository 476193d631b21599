import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { causeOf } from "../src/cause.ts";
import { Failure } from "../src/errors.ts";

describe("the cause of", () => {
  const refused = [new Error("connect ECONNREFUSED ::1:1"), new Error("connect ECONNREFUSED 127.0.0.1:1")];

  it.each([
    ["an error", new Error("broken"), "broken"],
    ["an error without words", Object.assign(new Error(""), { code: "ECONNRESET" }), "ECONNRESET"],
    ["an error without words or code", new TypeError(""), "TypeError"],
    [
      "an error of another",
      new Error("fetch failed", { cause: refused[1] }),
      `fetch failed: ${refused[1]?.message}`,
    ],
    ["several errors", new AggregateError(refused), `${refused[0]?.message}; ${refused[1]?.message}`],
    ["several of the same", new AggregateError([refused[0], refused[0]], "All failed"), refused[0]?.message],
    ["several errors that are none", new AggregateError([], "None was tried"), "None was tried"],
    ["a failure", new Failure("forbidden"), new Failure("forbidden").message],
    ["a failure with words", new Failure("unauthorized", undefined, { cause: "no token" }), "no token"],
    [
      "a failure that Redis caused",
      new Failure("unavailable", undefined, { cause: new Error("READONLY You can't write") }),
      "READONLY You can't write",
    ],
    [
      "a failure of several",
      new Failure("unavailable", undefined, { cause: new AggregateError(refused) }),
      `${refused[0]?.message}; ${refused[1]?.message}`,
    ],
    ["a text", "no connection", "no connection"],
    ["nothing", undefined, undefined],
  ])("%s", (_what, thrown, words) => {
    expect(causeOf(thrown)).toBe(words);
  });

  it("a connection that was tried on several addresses names each of them", async () => {
    const lookup = (_host: string, _options: object, done: (error: null, all: object[]) => void) =>
      done(null, [
        { address: "::1", family: 6 },
        { address: "127.0.0.1", family: 4 },
      ]);
    const options = { host: "redis.test", port: 1, autoSelectFamily: true, lookup };
    const error = await new Promise((resolve) => connect(options as never).once("error", resolve));
    expect(causeOf(error)).toMatch(/127\.0\.0\.1:1/);
    expect(causeOf(error)).toMatch(/::1/);
  });

  it("an error that holds itself ends", () => {
    const error = new Error("round");
    error.cause = error;
    expect(causeOf(error)).toMatch(/^round(: round)*$/);
  });
});
