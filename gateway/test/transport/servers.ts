import { createServer, type Server as HttpServer } from "node:http";
import { Server, type Socket } from "socket.io";
import { onTestFinished } from "vitest";
import { noPeers } from "../../src/backplane/memory/peers.ts";
import { CoalescingAdapter } from "../../src/fanout/adapter.ts";
import { Turn } from "../../src/fanout/turn.ts";
import { Engine } from "../../src/transport/engine.ts";
import { listen, portOf } from "../../src/transport/http.ts";

/** Short, so that a missed ping shows at once. */
const beat = { pingInterval: 300, pingTimeout: 200 };
const maxPayload = 1e6;

type Opener = (http: HttpServer) => Server;

/** Socket.IO as it comes, and on the gateway's engine and adapter: whatever a client sends, both answer alike. */
export const servers: Record<string, Opener> = {
  "stock Socket.IO": (http) =>
    new Server(http, { ...beat, maxHttpBufferSize: maxPayload, transports: ["websocket"] }),
  "the gateway's engine": (http) => {
    const turn = new Turn(0);
    const engine = new Engine({
      ...beat,
      maxPayload,
      outlets: { turn, unsentLimit: 1 << 20, onSent() {}, onDropped() {} },
    });
    engine.start();
    const io = new Server();
    io.bind(engine);
    io.adapter(coalescing(turn));
    http.on("upgrade", (request, socket, head) => {
      socket.cork();
      engine.handleUpgrade(request, head);
    });
    return io;
  },
};

type Namespace = ConstructorParameters<typeof CoalescingAdapter>[0];

function coalescing(turn: Turn) {
  return class extends CoalescingAdapter {
    constructor(namespace: Namespace) {
      super(namespace, { onDelivered() {}, onConflated() {}, turn, peers: noPeers });
    }
  };
}

/** A server that answers in all the ways there are, until the test ends. */
export async function openServer(open: Opener): Promise<{ io: Server; url: string }> {
  const http = createServer();
  const io = open(http);
  for (const namespace of ["/", "/custom"]) io.of(namespace).on("connection", answer);
  await listen(http, 0, "127.0.0.1");
  onTestFinished(async () => {
    io.disconnectSockets(true);
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return { io, url: `ws://127.0.0.1:${portOf(http)}/socket.io/?EIO=4&transport=websocket` };
}

function answer(socket: Socket): void {
  socket.emit("auth", socket.handshake.auth);
  socket.on("message", (...args: unknown[]) => socket.emit("message-back", ...args));
  socket.on("message-with-ack", (...args: unknown[]) => {
    const acknowledge = args.pop();
    if (typeof acknowledge === "function") acknowledge(...args);
  });
}
