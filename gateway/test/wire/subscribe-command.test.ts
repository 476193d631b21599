import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";

const script = resolve(import.meta.dirname, "../../scripts/subscribe.ts");

/** A port on which nobody listens any more. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("It has no port.");
  return address.port;
}

it("npm run subscribe says in the system's words why it cannot connect", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, [script, "chat:demo", "--url", url]);
  const [line] = await once(createInterface(child.stderr), "line");
  child.kill();
  await once(child, "close");
  expect(line).toMatch(/^cannot connect: websocket error, .*ECONNREFUSED/);
});
