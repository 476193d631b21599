import { createHook } from "node:async_hooks";
import { afterEach, expect, it } from "vitest";
import { createApp } from "../src/app.ts";
import { loadConfig } from "../src/config/load.ts";
import { silentLog } from "../src/log.ts";

/** Resources that are there by id, those that do not keep the process included. */
const alive = new Map<number, string>();
const watch = createHook({
  init: (id, type) => void alive.set(id, type),
  destroy: (id) => void alive.delete(id),
});

/** Timers and looks at the event loop; what dials, and what listens or is connected. */
const kinds =
  /^(?:Timeout|Immediate|ELDHISTOGRAM|TCP|TLS|PIPE|Pipe|GETADDRINFO|DNSCHANNEL|UDP|FSEVENT|STATWATCHER|HTTP)/;

const environment = {
  TIDEGATE_PORT: "0",
  TIDEGATE_ADMIN_PORT: "0",
  TIDEGATE_TOKEN_SECRET: "app-test-secret-app-test-secret-app!",
  TIDEGATE_REBALANCE: "true",
};

afterEach(() => {
  watch.disable();
  alive.clear();
});

it.each([
  "memory",
  "redis://127.0.0.1:1",
  "redis+cluster://127.0.0.1:1,127.0.0.1:2",
  "redis+sentinel://127.0.0.1:1/main",
])("an app that is made, but not started, has begun no timer and opened no socket (%s)", async (url) => {
  const { config, rules } = loadConfig({ ...environment, TIDEGATE_REDIS_URL: url }, () => "");
  watch.enable();
  await createApp({ config, rules, log: silentLog });
  const begun = [...alive.keys()];
  // What has ended is told a turn later.
  for (let turns = 0; turns < 2; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  const left = begun.flatMap((id) => alive.get(id) ?? []);
  expect(left.filter((type) => kinds.test(type))).toEqual([]);
});
