import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type SecureVersion, type TLSSocket } from "node:tls";
import { io } from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { Authority } from "../support/authority.ts";
import { logged, type Process, spawnGateway } from "../support/process.ts";
import { until } from "../support/until.ts";

const host = "localhost";

let authority: Authority;
let ca: string;
let folder: string;
let cert: string;
let key: string;
const processes: Process[] = [];

beforeAll(async () => {
  authority = await Authority.make();
  ca = await authority.read(authority.ca);
});
afterAll(() => authority.remove());

afterEach(async () => {
  for (const process of processes.splice(0)) await process.stop();
  await rm(folder, { recursive: true });
});

/** A gateway with a certificate in files, as an operator has it. */
async function start(): Promise<{ process: Process; port: number; api: string }> {
  folder = await mkdtemp(join(tmpdir(), "tidegate-tls-"));
  cert = join(folder, "fullchain.pem");
  key = join(folder, "privkey.pem");
  await renew();
  const files = { TIDEGATE_TLS_CERT_FILE: cert, TIDEGATE_TLS_KEY_FILE: key };
  const started = await spawnGateway({ ...files, TIDEGATE_API_KEYS: "key" });
  processes.push(started.process);
  return started;
}

/** Another certificate of the same name takes the place of the one that is there. */
async function renew(): Promise<void> {
  const made = await authority.certify(host);
  await copyFile(made.key, key);
  await copyFile(made.cert, cert);
}

async function dial(port: number, options: object = {}): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, ca, servername: host, ...options });
  try {
    await once(socket, "secureConnect");
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}

async function fingerprintAt(port: number): Promise<string> {
  const socket = await dial(port);
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

describe("a public port with a certificate", { timeout: 60_000 }, () => {
  it("serves Socket.IO and plain WebSockets over TLS, and tells a browser HTTP/1.1", async () => {
    const { port, api } = await start();
    const asked = {
      method: "POST",
      headers: { authorization: "Bearer key", "content-type": "application/json" },
    };
    const { token } = (await (
      await fetch(`${api}/v1/tokens`, { ...asked, body: '{"user":"ann"}' })
    ).json()) as { token: string };
    const socket = io(`https://${host}:${port}`, { transports: ["websocket"], ca, auth: { token } });
    const message = new Promise((resolve) => socket.on("message", resolve));
    await new Promise((resolve) => socket.once("welcome", resolve));
    await socket.emitWithAck("subscribe", { channel: "chat:demo" });
    const headers = { authorization: `Bearer ${token}` };
    const plain = new WebSocket(`wss://${host}:${port}/ws`, [], { ca, headers });
    await once(plain, "open");
    plain.send("hello");
    expect(await message).toMatchObject({ channel: "chat:demo", data: "hello" });
    plain.terminate();
    socket.disconnect();
    const browser = await dial(port, { ALPNProtocols: ["h2", "http/1.1"] });
    expect(browser.alpnProtocol).toBe("http/1.1");
    browser.destroy();
  });

  it.each<[SecureVersion, boolean]>([
    ["TLSv1.1", false],
    ["TLSv1.2", true],
    ["TLSv1.3", true],
  ])("speaks %s: %s", async (version, served) => {
    const { port } = await start();
    const only = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" };
    const dialled = dial(port, only).then((socket) => socket.destroy());
    if (served) await dialled;
    else await expect(dialled).rejects.toThrow(/version|protocol/i);
  });

  it("takes a renewed certificate without a restart, and leaves who is there alone", async () => {
    const { process, port } = await start();
    const before = await fingerprintAt(port);
    const stays = new WebSocket(`wss://${host}:${port}/json`, [], { ca });
    await once(stays, "open");
    await renew();
    await until(() => logged(process, "tls_certificate_taken") !== undefined, "not taken", {
      timeout: 20_000,
    });
    expect(await fingerprintAt(port)).not.toBe(before);
    expect(stays.readyState).toBe(WebSocket.OPEN);
    stays.terminate();
  });

  it("goes on with the one before where the files do not fit, and says so", async () => {
    const { process, port } = await start();
    const before = await fingerprintAt(port);
    await writeFile(key, (await readFile(key, "utf8")).slice(0, 40));
    await until(() => logged(process, "tls_certificate_refused") !== undefined, "not told", {
      timeout: 20_000,
    });
    const line = JSON.stringify(logged(process, "tls_certificate_refused"));
    expect(line).toContain("TIDEGATE_TLS_KEY_FILE: expected a private key");
    expect(await fingerprintAt(port)).toBe(before);
  });

  it("answers a balancer that can ask this port only", async () => {
    const { port } = await start();
    const socket = await dial(port);
    socket.write("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    let answer = "";
    for await (const chunk of socket) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toContain('{"status":"ready"}');
  });
});
