import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createClient } from "../../../../src/backplane/redis/connection/client.ts";
import { RedisServer } from "../../../support/redis-server.ts";
import { Sentinels } from "../sentinel.ts";

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

describe("a server that is a replica", () => {
  const patience = { timeout: 15_000, interval: 10 };
  /** Where nobody is: what it has still to be told does not matter here. */
  const replica = ["--replicaof", "127.0.0.1", "1"];

  async function meet(server: RedisServer, name?: string) {
    servers.push(server);
    const client = createClient(server, "name", name);
    const faults = new Set<string>();
    client.on("error", ({ message }) => faults.add(message));
    client.connect().catch(() => {});
    return { client, faults };
  }

  it("is not taken for its primary, and taken once it is one", async () => {
    const server = await RedisServer.start(...replica);
    const { client, faults } = await meet(server);
    await vi.waitFor(() => expect([...faults]).toEqual([expect.stringContaining("is a replica")]), patience);
    expect(client.status).not.toBe("ready");
    await server.ask((admin) => admin.replicaof("NO", "ONE"));
    await vi.waitFor(() => expect(client.status).toBe("ready"), patience);
    expect(faults.size).toBe(1);
    client.disconnect();
  });

  it("is taken where it may be written to", async () => {
    const { client, faults } = await meet(await RedisServer.start(...replica, "--replica-read-only", "no"));
    await vi.waitFor(() => expect(client.status).toBe("ready"), patience);
    expect(faults.size).toBe(0);
    client.disconnect();
  });

  it("is taken in a Redis Cluster, where it tells where the slots are", async () => {
    const server = await RedisServer.start(...replica);
    const { client } = await meet(server, `127.0.0.1:${server.port}`);
    await vi.waitFor(() => expect(client.status).toBe("ready"), patience);
    client.disconnect();
  });
});
