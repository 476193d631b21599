import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createTokens } from "../../src/auth/token.ts";
import { silentLog } from "../../src/log.ts";
import { TestClient } from "../support/client.ts";
import { type GatewayProcess, logged, type Process, spawnGateway } from "../support/process.ts";
import { until } from "./clients/recorder.ts";
import { TcpProxy } from "./clients/tcp-proxy.ts";

const secret = "stop-test-secret-stop-test-secret";
const clientCount = 8;

let processes: Process[];
let clients: TestClient[];

beforeEach(() => {
  processes = [];
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.close();
  for (const process of processes) await process.stop();
});

async function start(): Promise<GatewayProcess> {
  const gateway = await spawnGateway({ TIDEGATE_TOKEN_SECRET: secret, TIDEGATE_DRAIN_WINDOW: "30s" });
  processes.push(gateway.process);
  return gateway;
}

async function connectAll(url: string): Promise<void> {
  const tokens = await createTokens({ secrets: [secret], maxLifetime: 86_400_000, log: silentLog });
  for (let index = 0; index < clientCount; index += 1) {
    const { token } = await tokens.sign({ user: `user-${index}`, ttl: 3_600_000 });
    clients.push(new TestClient(url, { token }));
  }
  await Promise.all(clients.map((client) => client.next("welcome")));
}

const isReady = async ({ api }: GatewayProcess) =>
  fetch(`${api}/readyz`).then(
    ({ status }) => status === 200,
    () => false,
  );

async function connectionsOf({ api }: GatewayProcess): Promise<number> {
  const metrics = await (await fetch(`${api}/metrics`)).text();
  return Number(/^tidegate_connections (\d+)$/m.exec(metrics)?.[1]);
}

/** The answer to a new connection while the node drains. */
async function refusal({ url }: GatewayProcess) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
  const body = JSON.parse(Buffer.concat(await response.toArray()).toString()) as unknown;
  return { status: response.statusCode, retryAfter: response.headers["retry-after"], body };
}

describe("SIGTERM", { timeout: 60_000 }, () => {
  it("sends every client to another node, and ends with 0", async () => {
    const [leaving, staying] = [await start(), await start()];
    const balancer = await TcpProxy.start(async () => ((await isReady(leaving)) ? leaving : staying).port);
    try {
      await connectAll(balancer.url);
      expect(await connectionsOf(leaving)).toBe(clientCount);
      leaving.process.signal("SIGTERM");
      await leaving.process.until(() => logged(leaving.process, "node_draining") !== undefined);

      const ready = await fetch(`${leaving.api}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({ error: { code: "draining", retryable: true } });
      expect((await fetch(`${leaving.api}/livez`)).status).toBe(200);
      expect(await refusal(leaving)).toMatchObject({
        status: 503,
        retryAfter: expect.stringMatching(/^[1-9]\d*$/),
        body: { error: { code: "draining", retryable: true } },
      });

      await Promise.all(clients.map((client) => client.next("welcome", 2)));
      for (const client of clients) {
        const after = expect.any(Number);
        expect(client.of("goodbye")).toEqual([{ code: "draining", reconnect: true, after }]);
        expect(client.received.map(({ event }) => event)).toEqual(["welcome", "goodbye", "welcome"]);
      }
      expect(await leaving.process.exit).toBe(0);
      expect(logged(leaving.process, "node_stopped")).toBeDefined();
      expect(leaving.process.stderr).toBe("");
      expect(await connectionsOf(staying)).toBe(clientCount);
    } finally {
      await balancer.stop();
    }
  });

  it("ends a node without connections at once", async () => {
    const { process } = await start();
    process.signal("SIGTERM");
    expect(await process.exit).toBe(0);
  });

  it("a second time ends the process at once, with 1", async () => {
    const gateway = await start();
    await connectAll(gateway.url);
    gateway.process.signal("SIGTERM");
    await gateway.process.until(() => logged(gateway.process, "node_draining") !== undefined);
    gateway.process.signal("SIGTERM");
    expect(await gateway.process.exit).toBe(1);
    expect(logged(gateway.process, "node_stopped")).toBeUndefined();
    await until(() => clients.every(({ socket }) => !socket.connected));
    expect(clients.some((client) => client.of("goodbye").length === 0)).toBe(true);
  });
});

describe("SIGINT", { timeout: 60_000 }, () => {
  it("drains as SIGTERM does", async () => {
    const { process } = await start();
    process.signal("SIGINT");
    expect(await process.exit).toBe(0);
    expect(logged(process, "node_draining")).toMatchObject({ signal: "SIGINT" });
  });
});
