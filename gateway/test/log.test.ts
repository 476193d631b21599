import { performance } from "node:perf_hooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../src/errors.ts";
import { createLog, type LogLevel } from "../src/log.ts";
import { ThrottledLog } from "../src/throttled-log.ts";

let lines: Record<string, unknown>[];

function logAt(level: LogLevel) {
  lines = [];
  return createLog(level, "node-a", { write: (line) => lines.push(JSON.parse(line)) });
}

afterEach(() => void vi.restoreAllMocks());

describe("a line", () => {
  it("has its id, its level, its words and its fields", () => {
    logAt("info").write("node_listening", { port: 3000, adminPort: 3001 });
    expect(lines).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        node: "node-a",
        msgId: "node_listening",
        port: 3000,
        adminPort: 3001,
        msg: "The node listens.",
      },
    ]);
  });

  it("has the values that its words name", () => {
    logAt("warn").write("redis_backlog_ttl", { ttl: "3600" });
    expect(lines).toMatchObject([
      { msg: expect.stringMatching(/^repl-backlog-ttl is 3600 s: /), ttl: "3600" },
    ]);
  });

  it("has the words of what was thrown", () => {
    const cause = new Failure("unavailable", undefined, { cause: new Error("NOPERM no right to this key") });
    logAt("error").write("redis_unusable", { cause });
    expect(lines).toMatchObject([
      { cause: "NOPERM no right to this key", msg: "This Redis cannot be used: NOPERM no right to this key" },
    ]);
  });

  it("has no more of a text than fits", () => {
    logAt("info").write("connection_closed", {
      connection: "c",
      user: "u".repeat(100_000),
      reason: "shutdown",
      seconds: 1,
    });
    expect(lines).toMatchObject([{ user: `${"u".repeat(499)}…`, seconds: 1 }]);
  });

  it("is not written where its level is not", () => {
    const log = logAt("warn");
    log.write("node_listening", { port: 1, adminPort: 2 });
    expect(lines).toEqual([]);
    expect([log.isLevelEnabled("info"), log.isLevelEnabled("warn")]).toEqual([false, true]);
  });
});

describe("a throttled log", () => {
  it("writes a line of each kind in a while, and says how many it left out", () => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(1_000);
    const throttledLog = new ThrottledLog(logAt("warn"));
    for (let call = 0; call < 100; call += 1) throttledLog.warn("redis_call_failed", new Error("gone"));
    throttledLog.warn("lease_not_renewed", new Error("gone"));
    clock.mockReturnValue(7_000);
    throttledLog.warn("redis_call_failed", new Error("still gone"));
    expect(lines).toMatchObject([
      { msgId: "redis_call_failed", cause: "gone", suppressed: 0 },
      { msgId: "lease_not_renewed", cause: "gone", suppressed: 0 },
      { msgId: "redis_call_failed", cause: "still gone", suppressed: 99 },
    ]);
  });

  it("counts all that is malformed", () => {
    let malformed = 0;
    const throttledLog = new ThrottledLog(logAt("warn"), { onMalformed: () => (malformed += 1) });
    for (let message = 0; message < 3; message += 1)
      throttledLog.malformed("publication_malformed", new Error("no"));
    expect([malformed, lines.length]).toEqual([3, 1]);
  });
});
