#!/usr/bin/env bash
# The official Java client does not hear a WebSocket close frame; a bare end of TCP it hears at once.
#
# Versions: io.socket:socket.io-client 2.1.2 (with engine.io-client 2.1.0 and OkHttp 3.12.12), server socket.io 4.8.4.
#
# Behaviour: when a stock server ends a connection politely (`socket.conn.close()`, which sends a close frame), the client
# goes on believing that it is connected until its ping timeout, pingInterval + pingTimeout after the last ping: 45 s with
# the defaults. What the app emits meanwhile is lost: it is not buffered, it never arrives, its acknowledgement is never
# called. When the server ends TCP without any close frame, the client notices within milliseconds, buffers what the app
# emits, sends it after reconnecting and gets it acknowledged. So a graceful restart costs Android apps more than a crash.
# The likely reason: engine.io-client's listener has no `onClosing`, and OkHttp calls `onClosed` only after the client has
# closed too.
#
# Output seen (pingInterval and pingTimeout are a second each, to be short):
#   close frame: the client says "ping timeout"; what it emitted meanwhile is lost
#   end of TCP: the client says "transport error"; what it emitted meanwhile is acknowledged
#
# Needs node >= 20 with npm, a JDK >= 11 and Maven. Exits 0 while this is so.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >pom.xml <<'XML'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.socket</groupId><artifactId>socket.io-client</artifactId><version>2.1.2</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B -Dmaven.repo.local="$dir/m2" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
  -DoutputDirectory="$dir/lib" >maven.log 2>&1 || { cat maven.log; exit 2; }
npm install --prefix "$dir" --ignore-scripts --no-audit --no-fund --silent socket.io@4.8.4

cat >Client.java <<'JAVA'
import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Socket;
import java.net.URI;

/** Emits a question 100 ms after each "ending", and prints what becomes of it. */
public class Client {
  public static void main(String[] args) throws Exception {
    IO.Options options = new IO.Options();
    options.transports = new String[] {"websocket"};
    options.reconnectionDelay = 100;
    Socket socket = IO.socket(URI.create(args[0]), options);
    socket.on(Socket.EVENT_DISCONNECT, reason -> System.out.println("disconnect " + reason[0]));
    socket.on("ending", how -> new Thread(() -> {
      try {
        Thread.sleep(100);
      } catch (InterruptedException ended) {
        return;
      }
      socket.emit("question", new Object[] {how[0]}, (Ack) answer -> System.out.println("acknowledged " + how[0]));
    }).start());
    socket.connect();
    Thread.sleep(60_000);
  }
}
JAVA

cat >judge.mjs <<'JS'
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { pingInterval: 1000, pingTimeout: 1000 });
await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));

const endings = [
  { name: "close frame", end: (socket) => socket.conn.close() },
  { name: "end of TCP", end: (socket) => socket.conn.transport.socket._socket.end() },
];
const seen = new Map(endings.map(({ name }) => [name, { reason: undefined, acknowledged: false }]));
let connections = 0;
let current;

const client = spawn("java", ["-cp", "lib/*", "Client.java", `http://127.0.0.1:${http.address().port}`], {
  stdio: ["ignore", "pipe", "inherit"],
});
const deadline = setTimeout(() => judge(), 40_000);
client.on("exit", () => judge());

createInterface({ input: client.stdout }).on("line", (line) => {
  const [, word, rest] = /^(\w+) (.*)$/.exec(line) ?? [];
  if (word === "disconnect" && current) seen.get(current).reason = rest;
  if (word === "acknowledged") seen.get(rest).acknowledged = true;
});

io.on("connection", (socket) => {
  socket.on("question", (_, answer) => answer());
  const ending = endings[connections++];
  current = ending?.name;
  // Behind the last reconnection there is time for a late acknowledgement.
  if (!ending) return setTimeout(judge, 1500);
  socket.emit("ending", ending.name);
  setTimeout(() => ending.end(socket), 50);
});

function judge() {
  clearTimeout(deadline);
  client.removeAllListeners("exit");
  client.kill("SIGKILL");
  for (const [name, { reason, acknowledged }] of seen) {
    const fate = acknowledged ? "is acknowledged" : "is lost";
    console.log(`${name}: the client says "${reason}"; what it emitted meanwhile ${fate}`);
  }
  const frame = seen.get("close frame");
  const tcp = seen.get("end of TCP");
  const same = frame.reason === "ping timeout" && !frame.acknowledged && tcp.reason === "transport error" && tcp.acknowledged;
  if (!same) console.log("CHANGED: the Java client no longer differs between a close frame and an end of TCP as stated");
  process.exit(same ? 0 : 1);
}
JS
node judge.mjs
