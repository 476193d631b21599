import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

/**
 * A thread that makes as many HTTP calls as it is told, counts those of which the system has said whether it takes
 * them, and tells the status of each.
 */
const { port, taken }: { port: number; taken: Int32Array } = workerData;

parentPort?.on("message", (count: number) => {
  for (let index = 0; index < count; index += 1) call();
});

function call(): void {
  let answer = "";
  const socket = connect(port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n");
  socket.once("connectionAttemptFailed", count);
  socket.once("connect", count);
  socket.on("data", (bytes) => {
    answer += bytes;
  });
  socket.on("error", () => {});
  socket.on("close", () => parentPort?.postMessage(answer.split(" ")[1]));
}

function count(): void {
  Atomics.add(taken, 0, 1);
  Atomics.notify(taken, 0);
}
