#!/usr/bin/env bash
# A TCP socket of Node.js that is reset while its end is under way never says that it has closed.
#
# Version:    Node.js 26.10.0 (Linux, x64), from the npm package `node`.
# Behaviour:  `socket.end(); socket.resetAndDestroy();` in one turn of the event loop, on a connected TCP socket. The
#             socket emits `error`, `destroyed` is true, and `close` does not come (3 s are waited for it here): whoever
#             connects again at `close`, as clients of servers do, waits for ever.
# Why:        `end` begins a shutdown of the handle. libuv refuses to reset a handle that is being shut down (EINVAL), and
#             it is the callback of the reset that would emit `close`; the handle is let go without being closed.
# Expected:   `close`, as after `destroy`, and as where the reset comes once the shutdown is over.
# What to do: `destroy` a socket whose `writableEnded` is true and whose `writableFinished` is not.
#
# Seen:
#   end, then reset: events: error (reset EINVAL); destroyed: true
#   end, then destroy: events: close; destroyed: true
#   end, then reset once it is over: events: close; destroyed: true
#
# Exits with 0 while it is so, with 1 once any of the three is otherwise, with 2 where it could not be tried.
set -euo pipefail

version=26.10.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

printf '{ "private": true, "allowScripts": { "node": true } }\n' > package.json
npm install --no-audit --no-fund --silent "node@$version" || exit 2
node=$folder/node_modules/node/bin/node
[ "$("$node" --version)" = "v$version" ] || exit 2

cat > socket.mjs <<'PROGRAM'
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

// The other end stays open, so that nothing but this end closes the socket.
const server = createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}).resume());
await once(server.listen(0, "127.0.0.1"), "listening");

async function attempt(name, act) {
  const socket = connect(server.address().port, "127.0.0.1");
  await once(socket, "connect");
  const events = [];
  socket.on("error", ({ message }) => events.push(`error (${message})`));
  socket.on("close", () => events.push("close"));
  await act(socket);
  await sleep(3_000);
  const seen = `events: ${events.join(", ")}; destroyed: ${socket.destroyed}`;
  console.log(`${name}: ${seen}`);
  return seen;
}

const closed = "events: close; destroyed: true";
const seen = await Promise.all([
  attempt("end, then reset", (socket) => {
    socket.end();
    socket.resetAndDestroy();
  }),
  attempt("end, then destroy", (socket) => {
    socket.end();
    socket.destroy();
  }),
  attempt("end, then reset once it is over", async (socket) => {
    socket.end();
    await once(socket, "finish");
    socket.resetAndDestroy();
  }),
]);
const expected = ["events: error (reset EINVAL); destroyed: true", closed, closed];
process.exit(seen.every((one, index) => one === expected[index]) ? 0 : 1);
PROGRAM

"$node" socket.mjs
