import { ReplyError } from "ioredis";
import { describe, expect, it } from "vitest";
import { createClient } from "../../../../src/backplane/redis/connection/client.ts";
import { errorCodeOf } from "../../../../src/backplane/redis/connection/error-code.ts";

const readOnly = "READONLY You can't write against a read only replica.";
const place = "@user_script: 35: -";
const running =
  "ERR Error running script (call to f_ff967d0ae0e68b4f9e360fa91c54598bc25ad9b6): @user_script:35: ";

/** As Redis 6.2.14 and 7.0.15 word them. */
const recorded: [said: string, message: string, code: string | undefined][] = [
  ["a command, by both", readOnly, "READONLY"],
  [
    "a script, by 7.0",
    `${readOnly} script: ff967d0ae0e68b4f9e360fa91c54598bc25ad9b6, on @user_script:1.`,
    "READONLY",
  ],
  ["a script, by 6.2", `${running}${place}${readOnly}`, "READONLY"],
  ["a script that hands an error on, by 6.2", `${place}${readOnly}`, "READONLY"],
  [
    "a replica that has lost its primary",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "MASTERDOWN",
  ],
  ["a script that is not known", "NOSCRIPT No matching script. Please use EVAL.", "NOSCRIPT"],
  ["a slot that has moved", "MOVED 3999 127.0.0.1:6381", "MOVED"],
  [
    "a full memory, by 6.2",
    `${running}${place}OOM command not allowed when used memory > 'maxmemory'.`,
    "OOM",
  ],
  [
    "what quotes a word",
    "ERR unknown command `X`, with args beginning with: `READONLY`, `-READONLY`,",
    "ERR",
  ],
];

describe("the code of an error of Redis", () => {
  it.each(recorded)("is read from %s", (_said, message, code) => {
    expect(errorCodeOf(new ReplyError(message))).toBe(code);
  });

  it("is no other error's", () => {
    expect(errorCodeOf(new Error(readOnly))).toBeUndefined();
    expect(errorCodeOf(undefined)).toBeUndefined();
  });
});

describe("a connection", () => {
  it.each(recorded)("is given up where its server is a replica: %s", (_said, message, code) => {
    const { reconnectOnError } = createClient({ url: "redis://h" }, "name").options;
    const isReplica = code === "READONLY" || code === "MASTERDOWN";
    expect(reconnectOnError?.(new ReplyError(message))).toBe(isReplica);
  });
});
