/*
 * Where a node listens, who may come in, and what it refuses when it is too busy. A proxy that is trusted wrongly
 * lets clients choose the address that limits count them by.
 */

import { isOrigin, isProxy } from "../addresses.ts";
import { duration, integer, kind, list, size, text } from "../kinds.ts";
import { certificates, privateKey } from "../pem.ts";
import { listed, optional, setting } from "../setting.ts";

const exact = list("origins", isOrigin);
const origins = kind(
  "* alone, or a comma-separated list of exact origins such as https://app.example.com",
  (value) => (value === "*" ? [value] : exact.schema.safeParse(value).data),
);

/** Where the gateway listens, and to whom. */
export const listening = {
  port: setting(integer(0, 65_535), "3000", {
    env: "TIDEGATE_PORT",
    about: "Public port, for clients. 0 takes any free port.",
  }),
  adminPort: setting(integer(0, 65_535), "3001", {
    env: "TIDEGATE_ADMIN_PORT",
    about: "Port of the server API, metrics and health; clients must not reach it. 0 takes any free port.",
  }),
  host: setting(text, "::", {
    env: "TIDEGATE_HOST",
    about:
      "Address or host name that both ports listen on. `::` is every address of IPv6 and IPv4, and of IPv4 alone where the system has no IPv6.",
  }),
  adminHost: optional(text, {
    env: "TIDEGATE_ADMIN_HOST",
    about:
      "Address or host name that the admin port listens on, where it is another: `127.0.0.1` on a machine that clients reach directly.",
  }),
  tlsCert: optional(certificates, {
    env: "TIDEGATE_TLS_CERT",
    fileable: true,
    about:
      "The certificate of the public port as PEM, with all its intermediates: with it the port speaks TLS 1.2 or later. A file is read again when it changes. The admin port stays without.",
  }),
  tlsKey: optional(privateKey, {
    env: "TIDEGATE_TLS_KEY",
    secret: true,
    about: "The key of that certificate.",
  }),
  allowedOrigins: listed(origins, {
    env: "TIDEGATE_ALLOWED_ORIGINS",
    about:
      "Origins that may connect; `*` lets any in. Always let in are a request without an Origin, as most mini-programs send, and one whose Origin has the host and port that it is for (its `Host`), as native clients send. With an empty list any is let in in development; in production one that no web page can have, such as `weapp://wechat-game-runtime` of mini-games, is let in and the rest is refused. A list is exact: whose mini-games are to connect names `weapp://wechat-game-runtime` too.",
  }),
  textChannel: optional(text, {
    env: "TIDEGATE_TEXT_CHANNEL",
    about:
      "The channel of clients that come to `/ws` without naming one. Without it they are sent away in production; in development it is `chat:demo`.",
  }),
  trustedProxies: listed(list("addresses, CIDR ranges, loopback, linklocal or uniquelocal", isProxy), {
    env: "TIDEGATE_TRUSTED_PROXIES",
    about: "Proxies whose `X-Forwarded-For` is believed, read from right to left.",
  }),
  handshakeRate: setting(integer(0, 1_000_000), "300", {
    env: "TIDEGATE_HANDSHAKE_RATE",
    about:
      "New connections a second that this node takes; the rest get 503 and come back, those of addresses that take most first. 0 sets no limit.",
  }),
  maxLoopDelay: setting(duration("0ms", "1m"), "200ms", {
    env: "TIDEGATE_MAX_LOOP_DELAY",
    about:
      "While the event loop is later than this, new connections get 503 and come back; until it is half as late. 0ms sets no limit.",
  }),
  maxMemory: setting(integer(0, 100), "90", {
    env: "TIDEGATE_MAX_MEMORY",
    about:
      "Percent of the memory limit that the process may use before new connections get 503. 0 sets no limit.",
  }),
  memoryLimit: optional(size("64MiB", "1024GiB"), {
    env: "TIDEGATE_MEMORY_LIMIT",
    about: "The memory limit, where it is neither the container's nor, without one, the machine's memory.",
  }),
  connectTimeout: setting(duration("10ms", "10m"), "10s", {
    env: "TIDEGATE_CONNECT_TIMEOUT",
    about: "How long a socket may stay open before it has connected, its login included.",
  }),
  pingInterval: setting(duration("10ms", "10m"), "25s", {
    env: "TIDEGATE_PING_INTERVAL",
    about: "Time between two pings of a connection.",
  }),
  pingTimeout: setting(duration("10ms", "10m"), "20s", {
    env: "TIDEGATE_PING_TIMEOUT",
    about:
      "How long a ping may go unanswered before the connection is closed; behind a frame of more than 64 KiB, which slow links carry for as long, another interval.",
  }),
};
