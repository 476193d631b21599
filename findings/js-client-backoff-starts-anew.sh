#!/usr/bin/env bash
# The JavaScript client never backs off from a server that ends connections between the engine's opening and CONNECT.
#
# Versions: socket.io-client 4.8.4; the server is ws 8.18.3 and speaks just enough Engine.IO to open.
#
# Behaviour: the Manager takes the engine's opening for a successful reconnection. It then starts its backoff anew and
# announces `reconnect`, before any namespace has been let in. A server behind a proxy, or one that closes where it cannot
# decide on CONNECT (a login service that is down, say), is so dialled at the first delay for ever: the attempt number stays
# 1, `reconnectionAttempts` is never reached, and `reconnect` tells the app each time that all is well, while the
# socket's `connect` never comes. Of a server that breaks TCP off the client does stay away: the attempt number grows, and
# so does the delay.
#
# Output seen (reconnectionDelay 50 ms, reconnectionAttempts 5, five seconds each; the first number varies):
#   ended behind the opening: 81 dials, attempt numbers 1, 80 times `reconnect`, gave up: no, `connect`: never
#   ended at TCP: 6 dials, attempt numbers 1 2 3 4 5, 0 times `reconnect`, gave up: yes, `connect`: never
#
# Needs node >= 20 with npm. Exits 0 while this is so.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --prefix "$dir" --ignore-scripts --no-audit --no-fund --silent socket.io-client@4.8.4 ws@8.18.3

cat >dial.mjs <<'JS'
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { io } from "socket.io-client";
import { WebSocketServer } from "ws";

const OPEN = `0${JSON.stringify({ sid: "s", upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000 })}`;

/** A server that opens the engine and ends the connection as soon as the client asks for a namespace. */
function behindTheOpening(dialled) {
  const server = createServer();
  new WebSocketServer({ server }).on("connection", (socket) => {
    dialled();
    socket.send(OPEN);
    socket.once("message", () => socket.close());
  });
  return server;
}

/** A server that ends each TCP connection at once. */
function atTcp(dialled) {
  return createTcpServer((socket) => {
    dialled();
    socket.destroy();
  });
}

async function watch(name, serve) {
  const seen = { dials: 0, attempts: new Set(), reconnects: 0, gaveUp: false, connected: false };
  const server = serve(() => seen.dials++);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = io(`http://127.0.0.1:${server.address().port}`, {
    transports: ["websocket"],
    reconnectionDelay: 50,
    reconnectionAttempts: 5,
  });
  socket.io.on("reconnect_attempt", (attempt) => seen.attempts.add(attempt));
  socket.io.on("reconnect", () => seen.reconnects++);
  socket.io.on("reconnect_failed", () => (seen.gaveUp = true));
  socket.on("connect", () => (seen.connected = true));
  await pause(5000);
  socket.disconnect();
  server.close();
  const words = [
    `${name}: ${seen.dials} dials`,
    `attempt numbers ${[...seen.attempts].join(" ")}`,
    `${seen.reconnects} times \`reconnect\``,
    `gave up: ${seen.gaveUp ? "yes" : "no"}`,
    `\`connect\`: ${seen.connected ? "yes" : "never"}`,
  ];
  console.log(words.join(", "));
  return seen;
}

const behind = await watch("ended behind the opening", behindTheOpening);
const tcp = await watch("ended at TCP", atTcp);
const behindAsStated =
  behind.dials > 10 && behind.attempts.size === 1 && behind.reconnects > 10 && !behind.gaveUp && !behind.connected;
const tcpAsStated = tcp.dials === 6 && tcp.attempts.size === 5 && tcp.reconnects === 0 && tcp.gaveUp;
if (!behindAsStated || !tcpAsStated) console.log("CHANGED: the client's backoff no longer differs as stated");
process.exit(behindAsStated && tcpAsStated ? 0 : 1);
JS
node dial.mjs
