import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * A port that the system gives to no connection by itself, so that a server which is killed can come back to it;
 * ten thousand above it is free too, where a Redis Cluster has its bus.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 22_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
