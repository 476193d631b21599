import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { io } from "socket.io-client";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { freePort } from "../../../gateway/test/support/ports.ts";
import { type GatewayProcess, spawnGateway } from "../../../gateway/test/support/process.ts";
import { need, program } from "../../../scripts/programs/need.ts";

need("nginx", "haproxy", "openssl");

const read = (file: string) => readFileSync(resolve(import.meta.dirname, "../../proxy", file), "utf8");

let folder: string;
let gateway: GatewayProcess;
let certificate: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tidegate-tls-"));
  const [chain, key] = ["tls-chain.pem", "tls-key.pem"].map((name) => join(folder, name));
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const files = ["-keyout", key ?? "", "-out", chain ?? ""];
  execFileSync(program("openssl"), ["req", "-x509", ...curve, ...name, ...files], { stdio: "ignore" });
  certificate = readFileSync(chain ?? "", "utf8");
  writeFileSync(join(folder, "tls.pem"), certificate + readFileSync(key ?? "", "utf8"));
  gateway = await spawnGateway({ TIDEGATE_ANONYMOUS: "true", TIDEGATE_TRUSTED_PROXIES: "loopback" });
});

afterAll(async () => {
  await gateway?.process.stop();
  rmSync(folder, { recursive: true });
});

/** The files as they are committed, but for addresses, ports and where the certificate is. @returns the port of TLS */
async function write(...names: string[]): Promise<number> {
  const [tls, plain, api] = [await freePort(), await freePort(), await freePort()];
  for (const name of names) {
    const text = read(name)
      .replaceAll(/^.*gateway-2:.*\n/gm, "")
      .replaceAll("gateway-1:3000", `127.0.0.1:${gateway.port}`)
      .replaceAll("gateway-1:3001", new URL(gateway.api).host)
      .replaceAll("port 3001", `port ${new URL(gateway.api).port}`)
      .replace(/(bind|listen) :?3000/, `$1 127.0.0.1:${plain}`)
      .replace(/(bind|listen) :?3001/, `$1 127.0.0.1:${api}`)
      .replace("bind :::443 v4v6", `bind 127.0.0.1:${tls}`)
      .replace("listen 443", `listen 127.0.0.1:${tls}`)
      .replace(/^listen \[::\].*\n/m, "")
      .replaceAll("/etc/tidegate/", `${folder}/`)
      .replace("pid /tmp/", `pid ${folder}/`)
      .replace(/worker_rlimit_nofile .*/, "")
      .replace("worker_connections 16384", "worker_connections 512");
    writeFileSync(join(folder, name), text);
  }
  return tls;
}

/** What a client at an address of its own hears, that knows the certificate's authority and nobody else's. */
async function welcome(port: number, localAddress: string): Promise<unknown> {
  const options = { transports: ["websocket"], forceNew: true, ca: certificate, localAddress };
  const socket = io(`https://localhost:${port}`, options);
  try {
    return await new Promise((resolve) => socket.once("welcome", resolve));
  } finally {
    socket.disconnect();
  }
}

it.each([
  ["nginx", "127.0.0.2", ["nginx.conf", "nginx-tls.conf"]],
  ["haproxy", "127.0.0.3", ["haproxy.cfg", "haproxy-tls.cfg"]],
] as const)(
  "a client comes through %s over TLS, and is known by its own address",
  async (kind, address, files) => {
    const port = await write(...files);
    const paths = files.map((file) => join(folder, file));
    const args =
      kind === "nginx"
        ? ["-p", folder, "-c", paths[0] ?? "", "-g", "daemon off;"]
        : ["-db", "-q", ...paths.flatMap((path) => ["-f", path])];
    const child = spawn(program(kind), args, { stdio: ["ignore", "ignore", "inherit"] });
    const ended = once(child, "exit");
    try {
      const failed = ended.then(([code]) => Promise.reject(new Error(`${kind} ended with ${code}.`)));
      expect(await Promise.race([welcome(port, address), failed])).toMatchObject({
        node: expect.any(String),
      });
      await vi.waitUntil(() => gateway.process.stdout.includes(`"address":"${address}"`));
    } finally {
      child.kill("SIGTERM");
      await ended;
    }
  },
);

it("HAProxy lets the same paths in over TLS as without", () => {
  const [plain, tls] = ["haproxy.cfg", "haproxy-tls.cfg"].map(
    (file) => /deny_status 404 (unless .*)/.exec(read(file))?.[1],
  );
  expect(plain).toContain("/socket.io/");
  expect(tls).toBe(plain);
});
