// A bare `ws` server: the floor of what a WebSocket connection costs in Node.
import { WebSocketServer } from "ws";

const server = new WebSocketServer({
  port: Number(process.env.BENCH_PORT),
  host: "127.0.0.1",
  perMessageDeflate: false,
});
server.on("connection", (socket) => {
  socket.send('0{"sid":"bench"}');
  socket.on("message", (data) => {
    if (data.toString().startsWith("40")) socket.send("40{}");
  });
});
