/*
 * How a node is run and known. Two nodes of one name would share their lease and their presence in Redis, so the
 * default has random characters.
 */

import { hostname } from "node:os";
import { randomText } from "../../random.ts";
import { boolean, duration, integer, kind, oneOf, text } from "../kinds.ts";
import { optional, setting } from "../setting.ts";

const nodeId = kind("1 to 64 letters, digits, dots, underscores or hyphens", (value) =>
  /^[A-Za-z0-9_.-]{1,64}$/.test(value) ? value : undefined,
);

/** How a node is run. */
export const operation = {
  configFile: optional(text, {
    env: "TIDEGATE_CONFIG",
    about:
      "The YAML file of channel rules and hooks. Without it development allows everything and production nothing.",
  }),
  developmentKeys: optional(text, {
    env: "TIDEGATE_DEVELOPMENT_KEYS",
    about:
      "File in which development keeps the keys that it makes up, so that they survive a restart; `npm start` names one. Without it they are new at each start. Production makes up none.",
  }),
  capacity: setting(integer(1, 1_000_000), "10000", {
    env: "TIDEGATE_CAPACITY",
    about:
      "Connections that a node is sized for: what its load is measured by, and no limit. Its limit of open files has to be higher, see [OPERATIONS](OPERATIONS.md#open-files).",
  }),
  drainWindow: setting(duration("0ms", "1h"), "90s", {
    env: "TIDEGATE_DRAIN_WINDOW",
    about: "Time over which a stopping node spreads the closing of its connections.",
  }),
  pacedStart: setting(boolean, "false", {
    env: "TIDEGATE_PACED_START",
    about:
      "Whether a node that has started beside others says that it is ready only after 15 s, and while fewer than two others drain: whoever replaces nodes one by one is then held to that pace. It never waits for more than 4 minutes, nor where the others are full.",
  }),
  rebalance: setting(boolean, "false", {
    env: "TIDEGATE_REBALANCE",
    about:
      "Whether a node that has many more connections than the others sends some of them there, slowly. Not behind a balancer that pins clients to nodes.",
  }),
  logLevel: setting(oneOf(["debug", "info", "warn", "error", "silent"]), "info", {
    env: "TIDEGATE_LOG_LEVEL",
    about: "The least severe lines that are logged.",
  }),
  nodeId: setting(
    nodeId,
    { words: "the host's name and 6 random characters", make: makeNodeId },
    {
      env: "TIDEGATE_NODE_ID",
      about: "Name of this node in logs, metrics and `GET /v1/nodes`; no two nodes may share one.",
    },
  ),
};

function makeNodeId(): string {
  const host = hostname().replaceAll(/[^A-Za-z0-9_.-]/g, "-");
  return `${host.slice(0, 57)}-${randomText(3, "hex")}`;
}
