#!/usr/bin/env bash
# On the web, Taro's sockets carry no close code, neither from the server to the app nor from the app to the server.
#
# Versions: @tarojs/taro-h5 4.2.1 (with @tarojs/shared and @tarojs/runtime 4.2.1), bundled by esbuild 0.25.12; ws 8.18.3 is
# the server and stands in for the browser's WebSocket.
#
# Behaviour: `SocketTask.onClose` hands `{code, reason}` to the app, as a mini-program's does, but does not look at the
# browser's event: what the server closed, it always calls 1006, "abnormal closure", whatever code and reason came.
# `close({code, reason})` keeps both to itself: the server gets a close frame without a code (1005), while the app's own
# onClose reports the code that it asked for, so that all looks well from inside. A protocol that says by its close code
# whether to come back, to log in again or to stay away so silently fails in an app's web build. The plain WebSocket, tried
# first, passes both.
#
# Output seen:
#   WebSocket: the server closed with 4001 "log in again", the app hears 4001 "log in again"
#   WebSocket: the app closed with 4002 "logged out", the server hears 4002 "logged out"
#   Taro: the server closed with 4001 "log in again", the app hears 1006 "abnormal closure"
#   Taro: the app closed with 4002 "logged out", the server hears 1005 "" (and the app 4002 "logged out")
#
# Needs node >= 20 with npm. Exits 0 while this is so.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
# Without --legacy-peer-deps npm installs the compilers too.
npm install --prefix "$dir" --legacy-peer-deps --ignore-scripts --no-audit --no-fund --silent \
  @tarojs/taro-h5@4.2.1 @tarojs/shared@4.2.1 @tarojs/runtime@4.2.1 esbuild@0.25.12 ws@8.18.3
echo 'export { connectSocket } from "@tarojs/taro-h5";' >entry.mjs
node_modules/.bin/esbuild entry.mjs --bundle --format=esm --platform=browser --log-level=error --outfile=taro.mjs

cat >codes.mjs <<'JS'
import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";
import { connectSocket } from "./taro.mjs";

globalThis.WebSocket = WebSocket;
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
await once(server, "listening");
const url = `ws://127.0.0.1:${server.address().port}`;
const words = ({ code, reason }) => `${code} "${reason}"`;

/** Opens a socket as a browser does. */
async function plain() {
  const socket = new WebSocket(url);
  const closed = new Promise((resolve) => (socket.onclose = resolve));
  await new Promise((resolve) => (socket.onopen = resolve));
  return { closed, close: (code, reason) => socket.close(code, reason) };
}

/** Opens a socket as a Taro app does. */
async function taro() {
  const task = await connectSocket({ url });
  const closed = new Promise((resolve) => task.onClose(resolve));
  await new Promise((resolve) => task.onOpen(resolve));
  return { closed, close: (code, reason) => task.close({ code, reason }) };
}

/** What each side hears of the other's close. */
async function exchange(name, open) {
  const connection = () => once(server, "connection").then(([socket]) => socket);

  let [app, peer] = await Promise.all([open(), connection()]);
  peer.close(4001, "log in again");
  const appHears = words(await app.closed);
  console.log(`${name}: the server closed with 4001 "log in again", the app hears ${appHears}`);

  [app, peer] = await Promise.all([open(), connection()]);
  const ended = once(peer, "close");
  app.close(4002, "logged out");
  const [code, reason] = await ended;
  const serverHears = words({ code, reason: reason.toString() });
  const itself = words(await app.closed);
  const also = itself === serverHears ? "" : ` (and the app ${itself})`;
  console.log(`${name}: the app closed with 4002 "logged out", the server hears ${serverHears}${also}`);
  return [appHears, serverHears, itself].join(", ");
}

const browser = await exchange("WebSocket", plain);
const framework = await exchange("Taro", taro);
const same =
  browser === '4001 "log in again", 4002 "logged out", 4002 "logged out"' &&
  framework === '1006 "abnormal closure", 1005 "", 4002 "logged out"';
if (!same) console.log("CHANGED: Taro no longer keeps close codes to itself as stated");
process.exit(same ? 0 : 1);
JS
timeout 60 node codes.mjs
