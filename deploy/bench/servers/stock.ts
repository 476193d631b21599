// A stock Socket.IO server with its usual options: what the same load costs without Tidegate.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
if (process.env.BENCH_REDIS_URL) {
  const publisher = new Redis(process.env.BENCH_REDIS_URL);
  io.adapter(createAdapter(publisher, publisher.duplicate()));
}
io.on("connection", (socket) => {
  socket.on("subscribe", (room: string, acknowledge: () => void) => {
    socket.join(room);
    acknowledge();
  });
  socket.on("publish", (room: string, data: unknown) => io.to(room).emit("message", data));
});
http.listen(Number(process.env.BENCH_PORT), "127.0.0.1");
