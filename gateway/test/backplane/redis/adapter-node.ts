import { createServer } from "node:http";
import { Server, type Socket } from "socket.io";
import { type Socket as Client, io as connect } from "socket.io-client";
import type { Backplane } from "../../../src/backplane/ports.ts";
import { CoalescingAdapter } from "../../../src/fanout/adapter.ts";
import { Turn } from "../../../src/fanout/turn.ts";
import { noMeter } from "../../../src/meter.ts";
import { Engine } from "../../../src/transport/engine.ts";
import { listen, portOf } from "../../../src/transport/http.ts";
import { hurry, startNode } from "./harness.ts";

/** A Socket.IO server on the gateway's engine and adapter, and one client of it. */
export interface AdapterNode {
  io: Server;
  backplane: Backplane;
  socket: Socket;
  client: Client;
  /** What the client was sent: each event with its arguments. */
  received: unknown[][];
  /** Messages that were dropped as malformed. */
  malformed(): number;
  stop(): Promise<void>;
}

export async function startAdapterNode(server: { url: string }, name: string): Promise<AdapterNode> {
  let malformed = 0;
  const count = () => {
    malformed += 1;
  };
  const { backplane } = await startNode(server, name, {
    timings: hurry,
    meter: { ...noMeter, malformed: count },
  });
  const http = createServer();
  const io = serve(http, backplane);
  await listen(http, 0, "127.0.0.1");
  const client = connect(`http://127.0.0.1:${portOf(http)}`, { transports: ["websocket"], forceNew: true });
  const received: unknown[][] = [];
  client.onAny((...event: unknown[]) => void received.push(event));
  const socket = await new Promise<Socket>((resolve) => io.once("connection", resolve));
  const stop = async () => {
    client.disconnect();
    http.close();
    http.closeAllConnections();
    await backplane.stop();
  };
  return { io, backplane, socket, client, received, malformed: () => malformed, stop };
}

function serve(http: ReturnType<typeof createServer>, backplane: Backplane): Server {
  const turn = new Turn(0);
  const outlets = { turn, unsentLimit: 1 << 20, onSent() {}, onDropped() {} };
  const engine = new Engine({ pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1e6, outlets });
  engine.start();
  const io = new Server();
  io.bind(engine);
  const options = { onDelivered() {}, onConflated() {}, turn, peers: backplane.peers };
  const rooms = new CoalescingAdapter(io.of("/"), options);
  hearRooms(rooms, backplane);
  io.adapter(function keepRooms(): CoalescingAdapter {
    return rooms;
  });
  http.on("upgrade", (request, socket, head) => {
    socket.cork();
    engine.handleUpgrade(request, head);
  });
  return io;
}

/** For subscriptions of which only the emitters' messages matter. */
export const ignoring = { receive() {} };

/** As the gateway's feeds do. */
function hearRooms(rooms: CoalescingAdapter, { broker }: Backplane): void {
  rooms.watch({
    opened: (room) => void broker.subscribe(room, undefined, ignoring).catch(() => {}),
    closed: (room) => broker.unsubscribe(room),
  });
}
