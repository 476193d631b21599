// The official client. Arguments: the package, the gateway, a token. Commands come as lines, events go as lines.
import { createInterface } from "node:readline";

const [, , library, url, token] = process.argv;
const { io } = await import(library);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const shown = (value) =>
  value instanceof Uint8Array ? { bytes: Buffer.from(value).toString("hex") } : value;

const socket = io(url, { transports: ["websocket"], auth: { token } });
socket.on("connect_error", (error) => say({ on: "connect_error", payload: error.data ?? error.message }));
socket.on("disconnect", (reason) => say({ on: "disconnect", payload: reason }));
socket.onAny((event, payload) =>
  say({ on: event, payload: event === "message" ? { ...payload, data: shown(payload.data) } : payload }),
);

for await (const line of createInterface({ input: process.stdin })) {
  const { emit, payload, bytes } = JSON.parse(line);
  const sent = bytes === undefined ? payload : { ...payload, data: Buffer.from(bytes, "hex") };
  socket.emit(emit, sent, (reply) => say({ ack: payload.id, reply }));
}
process.exit(0);
