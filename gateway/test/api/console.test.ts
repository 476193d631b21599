import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { serve } from "./harness.ts";

const gateways: Gateway[] = [];
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.stop();
});

async function start(env: Record<string, string> = {}): Promise<Gateway> {
  const gateway = await startGateway({ env });
  gateways.push(gateway);
  return gateway;
}

/** The files that the page names. */
async function filesOf(inject: Awaited<ReturnType<typeof serve>>["inject"]): Promise<string[]> {
  const { text } = await inject({ url: "/console" });
  return [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path);
}

describe("the console's page", () => {
  it("is served with and without a slash, without a key, and cannot be framed or used by others", async () => {
    const { inject } = await serve();
    for (const url of ["/console", "/console/"]) {
      const { status, headers, text } = await inject({ url });
      expect(status).toBe(200);
      expect(text).toContain('<div id="page">');
      expect(headers).toMatchObject({
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      });
      const policy = String(headers["content-security-policy"]);
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
      expect(policy).toContain(
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(policy).not.toMatch(/unsafe|\*/);
      for (const name of ["set-cookie", "access-control-allow-origin"])
        expect(headers).not.toHaveProperty(name);
    }
  });

  it("has every file that it names, gzipped for whoever takes that, and kept for ever by its hash", async () => {
    const { inject } = await serve();
    const files = await filesOf(inject);
    expect(files.length).toBeGreaterThan(2);
    for (const url of files) {
      const { status, headers, text } = await inject({ url });
      expect(status, url).toBe(200);
      expect(text.length, url).toBeGreaterThan(100);
      const zipped = await inject({ url, headers: { "accept-encoding": "br, gzip" } });
      expect(zipped.headers["content-encoding"], url).toBe("gzip");
      if (url.includes("/assets/")) expect(headers["cache-control"]).toContain("immutable");
    }
  });

  it.each([
    "/console/index.html",
    "/console/LICENSES.md",
    "/console/../package.json",
    "/console/%2e%2e/package.json",
    "/console/assets/",
    "/console/assets/none.js",
    "/console//etc/passwd",
  ])("has nothing at %s", async (url) => {
    const { inject } = await serve();
    expect((await inject({ url })).status).toBe(404);
  });

  it("answers no page of another origin that asks whether it may call the API", async () => {
    const { inject } = await serve();
    const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
    for (const url of ["/v1/publish", "/v1/stats", "/console"]) {
      const { status, headers: answered } = await inject({ method: "OPTIONS", url, headers });
      expect([404, 405]).toContain(status);
      expect(Object.keys(answered).filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
  });

  it("is told of the public port in development alone, and may connect to that", async () => {
    const { api, port } = await start();
    const page = await fetch(`${api}/console`);
    expect(await page.text()).toContain(`<meta name="tidegate-port" content="${port}"`);
    expect(page.headers.get("content-security-policy")).toContain(
      `connect-src 'self' ws://127.0.0.1:${port};`,
    );
    const production = await serve();
    const { text, headers } = await production.inject({ url: "/console" });
    expect(text).toContain('<meta name="tidegate-port" content=""');
    expect(headers["content-security-policy"]).toContain("connect-src 'self';");
  });

  it.each(["x; script-src *", "a b", "evil.example/x", "*", "127.0.0.1:1;"])(
    "widens its policy by nothing that a Host header says: %j",
    async (host) => {
      const { inject } = await serve({ publicPort: () => 3_000 });
      const { headers } = await inject({ url: "/console", headers: { host } });
      expect(headers["content-security-policy"]).toContain("connect-src 'self';");
    },
  );

  it("is not on the public port", async () => {
    const { url } = await start();
    expect((await fetch(`${url}/console`)).status).toBe(404);
    expect((await fetch(`${url}/console/favicon.svg`)).status).toBe(404);
  });
});

describe("a page of the admin port", () => {
  /** The status of an upgrade with that origin. */
  function upgrade({ port }: Gateway, origin: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...{ connection: "Upgrade", upgrade: "websocket", origin, "sec-websocket-version": "13" },
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      };
      const asked = request({
        host: "127.0.0.1",
        port,
        path: "/socket.io/?EIO=4&transport=websocket",
        headers,
      });
      asked.on("upgrade", ({ statusCode }, socket) => {
        socket.destroy();
        resolve(statusCode);
      });
      asked.on("response", ({ statusCode }) => resolve(statusCode));
      asked.on("error", reject);
      asked.end();
    });
  }

  it("may connect in development, also where origins are named", async () => {
    const gateway = await start({ TIDEGATE_ALLOWED_ORIGINS: "https://app.example.com" });
    expect(await upgrade(gateway, gateway.api)).toBe(101);
    expect(await upgrade(gateway, "http://localhost:9")).toBe(403);
    expect(await upgrade(gateway, gateway.api.replace("127.0.0.1", "evil.example"))).toBe(403);
    expect(await upgrade(gateway, gateway.api.replace("http:", "https:"))).toBe(403);
  });

  it("may not in production", async () => {
    const gateway = await start({
      ...{ NODE_ENV: "production", TIDEGATE_REDIS_URL: "memory" },
      ...{ TIDEGATE_TOKEN_SECRET: "s".repeat(40), TIDEGATE_API_KEYS: "k".repeat(40) },
    });
    expect(await upgrade(gateway, gateway.api)).toBe(403);
  });
});
