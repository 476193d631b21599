import type { IncomingMessage } from "node:http";
import { performance } from "node:perf_hooks";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Failure } from "../../src/errors.ts";
import { createLog } from "../../src/log.ts";
import { createRefusalLog } from "../../src/transport/refusal-log.ts";

const foreign = new Failure("forbidden", "Pages of this origin may not connect.");

let lines: Record<string, unknown>[];
let logRefusal: (failure: Failure, request: IncomingMessage) => void;

beforeEach(() => {
  vi.spyOn(performance, "now").mockReturnValue(1_000);
  lines = [];
  const log = createLog("info", "n", { write: (line) => lines.push(JSON.parse(line)) });
  logRefusal = createRefusalLog(log, () => "192.0.2.7");
});

afterEach(() => void vi.restoreAllMocks());

function from(headers: IncomingMessage["headers"]): IncomingMessage {
  return { headers } as IncomingMessage;
}

it("says who was refused, and why", () => {
  logRefusal(foreign, from({ origin: "https://evil.test", "user-agent": "Browser/1.0" }));
  expect(lines).toEqual([
    {
      level: "info",
      time: expect.any(String),
      node: "n",
      msgId: "public_request_refused",
      msg: "Refused a request on the public port.",
      code: "forbidden",
      cause: "Pages of this origin may not connect.",
      origin: "https://evil.test",
      agent: "Browser/1.0",
      address: "192.0.2.7",
      suppressed: 0,
    },
  ]);
});

it("shows no more of what a client sent than fits, and no secret that may stand in it", () => {
  logRefusal(foreign, from({ origin: `https://${"e".repeat(9_000)}`, "user-agent": "B".repeat(9_000) }));
  for (const text of [lines[0]?.origin, lines[0]?.agent]) expect(String(text)).toHaveLength(128);
  for (const origin of [
    "http://rt.test/socket.io/?token=planted",
    "http://rt.test/#planted",
    "http://user:planted@rt.test/socket.io/",
    "http://user:plan@planted@rt.test/socket.io/",
  ]) {
    logRefusal(foreign, from({ origin }));
  }
  expect(lines).toHaveLength(5);
  expect(JSON.stringify(lines)).not.toContain("plan");
});

it("does not write a line for each of many, and says how many it left out", () => {
  for (let count = 0; count < 1_000; count += 1) logRefusal(foreign, from({}));
  expect(lines).toHaveLength(10);
  logRefusal(new Failure("bad_request"), from({}));
  expect(lines).toHaveLength(11);
  vi.mocked(performance.now).mockReturnValue(7_000);
  logRefusal(foreign, from({}));
  expect(lines.at(-1)).toMatchObject({ code: "forbidden", suppressed: 990 });
});

it("says nothing of those who come back", () => {
  for (const code of ["draining", "unavailable", "rate_limited"] as const) {
    logRefusal(new Failure(code), from({}));
  }
  expect(lines).toEqual([]);
});
