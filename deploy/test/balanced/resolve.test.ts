import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { it, onTestFinished, vi } from "vitest";
import { freePort } from "../../../gateway/test/support/ports.ts";
import { need, program } from "../../../scripts/programs/need.ts";
import { NameServer } from "./name-server.ts";

need("haproxy");

const committed = readFileSync(resolve(import.meta.dirname, "../../proxy/haproxy.cfg"), "utf8");

/** A stand-in for a gateway: ready, and says where it is. */
async function listenAt(host: string, port = 0): Promise<Server> {
  const server = createServer((_request, response) => response.end(host));
  server.listen(port, host);
  await once(server, "listening");
  onTestFinished(() => closed(server));
  return server;
}

async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}

/** HAProxy as it is committed, which asks another for names and listens and connects elsewhere. */
async function startHaproxy(names: NameServer, gateway: number): Promise<number> {
  const [port, apiPort] = [await freePort(), await freePort()];
  const text = committed
    .replace("parse-resolv-conf", `nameserver test 127.0.0.1:${names.port}`)
    .replaceAll(/(gateway-\d):300[01]|port 3001/g, (found, name) =>
      name ? `${name}:${gateway}` : found.replace("3001", String(gateway)),
    )
    .replace("bind :3000", `bind 127.0.0.1:${port}`)
    .replace("bind :3001", `bind 127.0.0.1:${apiPort}`);
  const folder = mkdtempSync(join(tmpdir(), "tidegate-resolve-"));
  const file = join(folder, "haproxy.cfg");
  writeFileSync(file, text);
  const child = spawn(program("haproxy"), ["-db", "-q", "-f", file], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  onTestFinished(async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  });
  return port;
}

it("HAProxy finds a gateway again that comes back with another address", async () => {
  const names = await NameServer.start();
  onTestFinished(() => names.stop());
  const first = await listenAt("127.0.0.2");
  const { port: gateway } = first.address() as AddressInfo;
  names.addresses.set("gateway-1", "127.0.0.2");
  const port = await startHaproxy(names, gateway);
  const answer = () =>
    fetch(`http://127.0.0.1:${port}/socket.io/`).then(
      async (response) => (response.ok ? response.text() : undefined),
      () => undefined,
    );
  const reaches = (host: string) =>
    vi.waitUntil(async () => (await answer()) === host, { timeout: 30_000, interval: 50 });

  await reaches("127.0.0.2");
  await closed(first);
  await listenAt("127.0.0.3", gateway);
  names.addresses.set("gateway-1", "127.0.0.3");
  await reaches("127.0.0.3");
});
