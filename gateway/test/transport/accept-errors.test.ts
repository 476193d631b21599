import { createServer } from "node:net";
import { performance } from "node:perf_hooks";
import { afterEach, expect, it, vi } from "vitest";
import { silentLog } from "../../src/log.ts";
import { surviveAcceptErrors } from "../../src/transport/accept-errors.ts";

afterEach(() => void vi.restoreAllMocks());

it("an error of accepting ends nothing, and is logged once in a while", () => {
  const clock = vi.spyOn(performance, "now").mockReturnValue(1_000);
  const logged: object[] = [];
  const server = createServer();
  surviveAcceptErrors(server, { ...silentLog, write: (_id, fields) => void logged.push(fields) });
  const err = new Error("accept ENOBUFS");
  for (let turn = 0; turn < 1_000; turn += 1) server.emit("error", err);
  expect(logged).toEqual([{ cause: err, suppressed: 0 }]);
  clock.mockReturnValue(12_000);
  server.emit("error", err);
  expect(logged.slice(1)).toEqual([{ cause: err, suppressed: 999 }]);
});
