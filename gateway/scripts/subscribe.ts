import { parseArgs } from "node:util";
import { io } from "socket.io-client";
import type { Message, SubscribeReply, Unsubscribed } from "../src/protocol/events.ts";

/** Subscribes to a channel and prints its messages, one a line; what was missed while offline comes first. */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: "string", default: "http://127.0.0.1:3000" },
    token: { type: "string" },
    since: { type: "string" },
  },
});
const [channel] = positionals;
if (channel === undefined) {
  process.stderr.write(
    "usage: npm run -s subscribe -- CHANNEL --token TOKEN [--url URL] [--since POSITION]\n",
  );
  process.exit(2);
}

/** `description` has what the system or the server said, where the WebSocket failed. */
type Unconnected = Error & { description?: { message?: string } };

let position = values.since;
const socket = io(values.url, { transports: ["websocket"], auth: { token: values.token } });
const note = (text: string) => process.stderr.write(`${text}\n`);

function show(message: Message): void {
  position = message.position ?? position;
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function subscribe(): Promise<void> {
  const reply: SubscribeReply = await socket.emitWithAck("subscribe", { channel, since: position });
  if (!reply.ok) {
    note(`refused: ${JSON.stringify(reply)}`);
    socket.disconnect();
    return;
  }
  const missed = reply.recovered === false ? ", but what was missed is out of reach" : "";
  note(`subscribed to ${channel} at ${reply.position ?? "no position"}${missed}`);
  for (const message of reply.messages) show(message);
  position = reply.position ?? position;
  if (reply.more) await subscribe();
}

/** What fails because the connection has gone is done again at the next welcome. */
function start(): void {
  subscribe().catch((error: Error) => note(`not subscribed: ${error.message}`));
}

socket.on("welcome", start);
socket.on("message", (message: Message) => {
  if (message.channel === channel) show(message);
});
socket.on("unsubscribed", (ended: Unsubscribed) => {
  note(`unsubscribed: ${JSON.stringify(ended)}`);
  if (ended.channel === channel && ended.error.retryable) start();
});
socket.on("connect_error", (error: Unconnected) => {
  const cause = error.description?.message;
  note(`cannot connect: ${error.message}${cause === undefined ? "" : `, ${cause}`}`);
});
socket.on("disconnect", (reason) => note(`disconnected: ${reason}`));
