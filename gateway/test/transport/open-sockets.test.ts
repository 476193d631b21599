import { connect, createServer, type Socket } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { OpenSockets } from "../../src/transport/open-sockets.ts";

it("tells everybody who waits once the last socket has closed", async () => {
  const server = createServer((socket) => socket.resume());
  const sockets = new OpenSockets();
  sockets.watch(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await sockets.whenNone();
  const { port } = server.address() as { port: number };
  const clients: Socket[] = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
  onTestFinished(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  await vi.waitUntil(() => sockets.count === 2);
  let told = 0;
  const waiting = [1, 2].map(() => sockets.whenNone().then(() => (told += 1)));
  clients[0]?.destroy();
  await vi.waitUntil(() => sockets.count === 1);
  expect(told).toBe(0);
  clients[1]?.destroy();
  await Promise.all(waiting);
  expect(told).toBe(2);
});
