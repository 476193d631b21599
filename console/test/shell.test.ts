import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../gateway/test/support/gateway.ts";
import { RedisServer } from "../../gateway/test/support/redis-server.ts";
import { enter, open, useBrowser } from "./support/browser.ts";

const patience = { timeout: 30_000, interval: 100 };
const newPage = useBrowser();
const running: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

async function start(env: Record<string, string> = {}, log?: (line: string) => void): Promise<Gateway> {
  const gateway = await startGateway({ env, ...(log && { log }) });
  running.push(gateway);
  return gateway;
}

/** Everything that the page has stored anywhere but in the tab's own session. */
const lastingStorage = (page: Page) =>
  page.evaluate<string>("JSON.stringify([localStorage, document.cookie])");

describe("the key", () => {
  it("is taken out of the address at once, and stands in no URL, lasting storage or log line", async () => {
    const lines: string[] = [];
    const key = "a-key-that-must-stay-where-it-is-0123456789";
    const gateway = await start({ TIDEGATE_API_KEYS: key }, (line) => lines.push(line));
    const page = await newPage();
    const urls: string[] = [];
    page.on("request", (request) => urls.push(request.url()));
    page.on("websocket", (socket) => urls.push(socket.url()));
    await open(page, { ...gateway, key });
    expect(page.url()).toBe(`${gateway.api}/console`);
    for (const room of ["fleet", "channels", "people/ann", "tokens", "try"]) {
      await enter(page, room);
      await page.getByRole("heading", { level: 1 }).waitFor();
    }
    await expect.poll(() => urls.some((url) => url.includes("/v1/stats"))).toBe(true);
    expect(urls.filter((url) => url.includes(key))).toEqual([]);
    expect(urls.filter((url) => new URL(url).hostname !== "127.0.0.1")).toEqual([]);
    expect(await lastingStorage(page)).not.toContain(key);
    expect(await page.evaluate<string>("document.documentElement.outerHTML")).not.toContain(key);
    await page.goBack();
    expect(page.url()).not.toContain(key);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => line.includes(key))).toEqual([]);
  });

  it("is asked for where there is none, refused where it is wrong, kept for a reload and forgotten when told to", async () => {
    const gateway = await start();
    const page = await newPage();
    await page.goto(`${gateway.api}/console`);
    await page.getByLabel("API key").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("This key is not accepted.").waitFor();
    await page.getByLabel("API key").fill(gateway.key);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "A phone beside a backend" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "A phone beside a backend" }).waitFor();
    await page.getByRole("button", { name: "Forget the key" }).click();
    await page.getByLabel("API key").waitFor();
    expect(await page.evaluate<number>("sessionStorage.length")).toBe(0);
  });
});

/** A port whose node can be another one from one moment to the next. */
async function door(): Promise<{ api: string; lead(to: Gateway | undefined): void; server: Server }> {
  let target: Gateway | undefined;
  const server = createServer((incoming, outgoing) => {
    if (!target) return void incoming.socket.destroy();
    const { port } = new URL(target.api);
    const onward = request({
      host: "127.0.0.1",
      port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
    });
    onward.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  running.push({
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const lead = (to: Gateway | undefined) => {
    target = to;
    server.closeAllConnections();
  };
  return { api: `http://127.0.0.1:${port}`, lead, server };
}

describe("a node", () => {
  it("that was started again with other keys has the page ask, and keep what it shows", async () => {
    const before = await start({ TIDEGATE_NODE_ID: "node-1" });
    const after = await start({ TIDEGATE_NODE_ID: "node-1", TIDEGATE_API_KEYS: "another-key" });
    const { api, lead } = await door();
    lead(before);
    const page = await newPage();
    await open(page, { api, key: before.key }, "fleet");
    await page.locator("tr[data-node=node-1]").waitFor();
    lead(after);
    await page.getByText("The node does not accept this key any more").waitFor(patience);
    await page.locator("tr[data-node=node-1]").waitFor();
    await page.getByLabel("API key").fill("wrong again");
    await page.keyboard.press("Enter");
    await page.getByText("This key is not accepted.").waitFor();
    await page.locator("tr[data-node=node-1]").waitFor();
    await page.getByLabel("API key").fill("another-key");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.getByLabel("API key").count()).toBe(0);
    await page.locator("tr[data-node=node-1]").getByText("ready").waitFor();
  });

  it("that dies is told of in every room, nothing is lost of what is shown, and all is back by itself", async () => {
    const gateway = await start({ TIDEGATE_NODE_ID: "node-1" });
    const { api, lead } = await door();
    lead(gateway);
    const page = await newPage();
    await open(page, { api, key: gateway.key });
    await page.getByRole("button", { name: "Publish 20" }).waitFor();
    for (const [room, heading] of [
      ["fleet", "Fleet"],
      ["channels", "Channels"],
      ["people/ann", "People"],
      ["channels/chat:1", "chat:1"],
    ] as const) {
      await enter(page, room);
      await page.getByRole("heading", { name: heading, level: 1, exact: true }).waitFor();
      if (room === "fleet") await page.locator("tr[data-node=node-1]").waitFor();
      lead(undefined);
      await page.getByText("No answer from this node. Trying again…").waitFor(patience);
      if (room === "fleet") await page.locator("tr[data-node=node-1]").waitFor();
      lead(gateway);
      await expect.poll(() => page.getByText("No answer from this node").count(), patience).toBe(0);
    }
    // A room that was not opened before has to be fetched first.
    lead(undefined);
    await enter(page, "tokens");
    await page.getByText("Loading…").waitFor();
    lead(gateway);
    await page.getByRole("heading", { name: "Tokens and rules" }).waitFor(patience);
    lead(undefined);
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByText("That did not work: unreachable").waitFor();
    lead(gateway);
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByText("Whoever has no token").waitFor();
  });

  it("whose Redis is away says so, freezes nothing, and is well again by itself", async () => {
    const redis = await RedisServer.start();
    running.push(redis);
    const env = (id: string) => ({ TIDEGATE_REDIS_URL: redis.url, TIDEGATE_NODE_ID: id });
    const [here] = [await start(env("node-1")), await start(env("node-2"))];
    const page = await newPage();
    await open(page, here, "fleet");
    await page.getByText("All is well").waitFor(patience);
    await redis.kill();
    await page.locator("tr[data-node=node-1]").getByText("Redis: away").waitFor(patience);
    await page.locator("tr[data-node=node-2]").getByText("no answer").waitFor(patience);
    await page.getByText("No answer from node-2").waitFor();
    await enter(page, "channels/chat:1");
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByText("That did not work: unavailable").waitFor(patience);
    await redis.start();
    await expect
      .poll(
        async () => {
          await page.getByRole("button", { name: "Publish" }).click();
          return page.getByText("Published").count();
        },
        { timeout: 40_000, interval: 1_000 },
      )
      .toBe(1);
    await enter(page, "fleet");
    await page.getByText("All is well").waitFor({ timeout: 40_000 });
  }, 120_000);
});

it("in production there is no phone to try, and an address that names it says why", async () => {
  const key = "k".repeat(40);
  const gateway = await start({
    ...{ NODE_ENV: "production", TIDEGATE_REDIS_URL: "memory" },
    ...{ TIDEGATE_TOKEN_SECRET: "s".repeat(40), TIDEGATE_API_KEYS: key },
  });
  const page = await newPage();
  await open(page, { ...gateway, key });
  await page.getByRole("heading", { name: "Fleet", level: 1 }).waitFor();
  expect(await page.getByRole("link", { name: "Try it" }).count()).toBe(0);
  await enter(page, "try");
  await page.getByText("Phones are tried out in development only").waitFor();
});
