/*
 * Each bounds what one connection can make grow (ARCHITECTURE, *Bounds*). They are read at the start and hold for all
 * connections alike.
 */

import { duration, integer, size } from "../kinds.ts";
import { setting } from "../setting.ts";

/** What one connection may ask of a node. */
export const limits = {
  maxPayload: setting(size("1KiB", "1MiB"), "64KiB", {
    env: "TIDEGATE_MAX_PAYLOAD",
    about: "Largest message that a client may send; a larger one closes the connection.",
  }),
  maxDepth: setting(integer(1, 128), "32", {
    env: "TIDEGATE_MAX_DEPTH",
    about: "How deep the JSON of a request may nest.",
  }),
  maxChannels: setting(integer(1, 100_000), "128", {
    env: "TIDEGATE_MAX_CHANNELS",
    about: "Channels that a connection may be subscribed to.",
  }),
  maxChannelName: setting(integer(1, 255), "255", {
    env: "TIDEGATE_MAX_CHANNEL_NAME",
    about: "Longest channel name, in bytes of UTF-8.",
  }),
  requestRate: setting(integer(1, 1_000_000), "100", {
    env: "TIDEGATE_REQUEST_RATE",
    about: "Requests a second that a connection may send over time.",
  }),
  requestBurst: setting(integer(1, 1_000_000), "200", {
    env: "TIDEGATE_REQUEST_BURST",
    about: "Requests that a connection may send at once.",
  }),
  sendQueueLimit: setting(size("1KiB", "1GiB"), "1MiB", {
    env: "TIDEGATE_SEND_QUEUE_LIMIT",
    about: "Unsent bytes at which a connection that reads too slowly is closed as `slow_consumer`.",
  }),
  flushDelay: setting(duration("0ms", "1s"), "0ms", {
    env: "TIDEGATE_FLUSH_DELAY",
    about: "How long a fan-out batch may wait while the event loop is busy.",
  }),
};
