import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createClient } from "../../../src/cluster/redis/connection.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { Sentinels } from "./sentinel.ts";

let servers: { url: string; stop(): Promise<void> }[];

beforeEach(() => {
  servers = [];
});

afterEach(async () => {
  for (const server of servers) await server.stop();
}, 60_000);

it.each([
  ["a server", () => RedisServer.start()],
  ["Sentinels", () => Sentinels.start()],
])("a socket to %s may fail twice", { timeout: 60_000 }, async (_name, start) => {
  const server = await start();
  servers.push(server);
  const client = createClient(server, "name");
  const heard = vi.fn();
  client.on("error", heard);
  await client.connect();
  const { stream } = client;
  // As a TLS socket does that is ended in the middle of its handshake.
  for (const name of ["first", "second"]) stream.emit("error", new Error(name));
  expect(heard).toHaveBeenCalledOnce();
  client.disconnect();
});
