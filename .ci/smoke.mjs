// Builds the gateway, starts the result as production would, and stops it with SIGTERM.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

execFileSync("npm", ["run", "build", "--workspace", "gateway"], { stdio: "inherit" });
const node = execFileSync("npx", ["--no-install", "node", "-p", "process.execPath"], {
  encoding: "utf8",
}).trim();
const [port, adminPort] = [await freePort(), await freePort()];
const gateway = spawn(node, ["gateway/dist/main.js"], {
  stdio: ["ignore", "inherit", "inherit"],
  env: {
    ...process.env,
    NODE_ENV: "production",
    TIDEGATE_HOST: "127.0.0.1",
    TIDEGATE_PORT: String(port),
    TIDEGATE_ADMIN_PORT: String(adminPort),
    TIDEGATE_REDIS_URL: "memory",
    TIDEGATE_TOKEN_SECRET: "smoke-secret-smoke-secret-smoke-secret",
    TIDEGATE_API_KEYS: "smoke-key-smoke-key-smoke-key-smoke-key",
  },
});
const ended = once(gateway, "exit");
const deadline = Date.now() + 15_000;
let ready = false;
while (!ready && gateway.exitCode === null && Date.now() < deadline) {
  ready = await fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
  if (!ready) await new Promise((resolve) => setTimeout(resolve, 50));
}
assert.ok(ready, "the gateway did not become ready");
const page = await fetch(`http://127.0.0.1:${adminPort}/console`);
assert.ok((await page.text()).includes('<div id="page">'), "the console is not served by what is built");
gateway.kill("SIGTERM");
const [code] = await ended;
assert.equal(code, 0, "the gateway did not exit with 0");
