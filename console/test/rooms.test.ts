import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect, type TestClient } from "../../gateway/test/support/client.ts";
import { type Gateway, startGateway } from "../../gateway/test/support/gateway.ts";
import { RedisServer } from "../../gateway/test/support/redis-server.ts";
import { enter, open, useBrowser } from "./support/browser.ts";

const rules = `
channels:
  - match: "chat:*"
    subscribe: user
    publish: subscriber
    presence: {read: subscriber, events: true}
    history: {size: 1000, ttl: 10m}
    rate: {publish: 10/s, burst: 20}
  - {match: "doc:*", subscribe: token, publish: token}
  - {match: "**", subscribe: anyone, publish: nobody, history: {size: 1000, ttl: 10m}}
`;

const patience = { timeout: 30_000, interval: 100 };
const newPage = useBrowser();
let redis: RedisServer;
let here: Gateway;
let there: Gateway;
const clients: TestClient[] = [];

beforeAll(async () => {
  redis = await RedisServer.start();
  const node = (id: string) =>
    startGateway({ rules, env: { TIDEGATE_REDIS_URL: redis.url, TIDEGATE_NODE_ID: id } });
  [here, there] = await Promise.all([node("node-1"), node("node-2")]);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await Promise.all([here.stop(), there.stop()]);
  await redis.stop();
});

async function join(gateway: Gateway, user: string, ...channels: string[]): Promise<TestClient> {
  const client = await connect(gateway, user);
  clients.push(client);
  for (const channel of channels) await client.request("subscribe", { channel });
  return client;
}

const publish = (channel: string, data: unknown) => here.call("POST", "/v1/publish", { channel, data });

const confirmWith = (page: Page, name: string) =>
  page.getByRole("dialog").getByRole("button", { name }).click();

describe("the Fleet room", () => {
  it("has both nodes, with what they hold, and curves at once", async () => {
    await join(there, "ann", "chat:1");
    // The curves begin with what the nodes have seen before the page was opened.
    await expect
      .poll(async () => {
        const { nodes } = (await here.call("GET", "/v1/stats")).body as {
          nodes: { series: { connections: number[] } }[];
        };
        return nodes.every(({ series }) => (series.connections.at(-1) ?? -1) >= 0) && nodes.length;
      }, patience)
      .toBe(2);
    const page = await newPage();
    await open(page, here, "fleet");
    for (const node of ["node-1", "node-2"]) {
      await page.locator(`tr[data-node=${node}]`).getByText("ready").waitFor();
      await page.locator(`tr[data-node=${node}]`).getByText(/ms$/).waitFor();
    }
    await page.getByText("All is well").waitFor();
    expect(await page.locator(".curve canvas").count()).toBe(4);
    expect(await page.locator("#hooks").count()).toBe(0);
    await page.getByRole("img", { name: /^Connections of [\d,]+: \d+ now$/ }).waitFor();
  });

  it("marks a node that drains, one that dies and one that is not ready, and is well again by itself", async () => {
    const third = await startGateway({
      rules,
      env: { TIDEGATE_REDIS_URL: redis.url, TIDEGATE_NODE_ID: "node-3", TIDEGATE_DRAIN_WINDOW: "20s" },
    });
    await join(third, "eve");
    const page = await newPage();
    await open(page, here, "fleet");
    await page.locator("tr[data-node=node-3]").getByText("ready").waitFor();
    const drained = third.app.drain();
    await page.locator("tr[data-node=node-3]").getByText("draining").waitFor(patience);
    await page.getByText("1 thing to look at").waitFor();
    clients.splice(0).forEach((client) => void client.close());
    await drained;
    await third.stop();
    await expect.poll(() => page.locator("tr[data-node=node-3]").count(), { timeout: 40_000 }).toBe(0);
    await page.getByText("All is well").waitFor();
  }, 90_000);

  it("shows the hooks that the gateway has, and marks what is down and what waits", async () => {
    const page = await newPage();
    const oldest = Date.now() - 60_000;
    const hooks = [
      { name: "crm", state: "taking", waiting: 0, bytes: 0, aside: [] },
      {
        ...{ name: "orders", state: "failing", waiting: 1_200, bytes: 90_000, oldest },
        lastError: { at: oldest, cause: "status 503" },
        aside: [
          { at: oldest, status: 422, event: { id: "e1" } },
          { at: oldest, status: 422, event: { id: "e2" } },
        ],
      },
    ];
    await page.route("**/v1/hooks", (route) => route.fulfill({ json: { hooks } }));
    await open(page, here, "fleet");
    const row = page.locator("tr[data-hook=orders]");
    await row.getByText("down").waitFor();
    for (const text of ["1,200", "2", /^status 503 /])
      await row
        .getByText(text, { exact: text === "2" })
        .first()
        .waitFor();
    await page.locator("tr[data-hook=crm]").getByText("up").waitFor();
    await page.getByText("1 thing to look at").waitFor();
  });
});

describe("the Channels room", () => {
  it("lists the channels of all nodes, searches them, and opens one", async () => {
    await join(here, "ann", "chat:list:a", "quote:1");
    await join(there, "bob", "chat:list:a", "chat:list:b");
    const page = await newPage();
    await open(page, here, "channels");
    await page
      .getByRole("row", { name: /^chat:list:a 2 node-1, node-2$|^chat:list:a 2 node-2, node-1$/ })
      .waitFor();
    await page.getByLabel("Begins with").fill("chat:list:");
    await expect.poll(() => page.locator("tbody tr").count(), patience).toBe(2);
    await page.getByLabel("Begins with").fill("nothing");
    await page.getByText("No channel that begins so has a subscriber.").waitFor();
    await page.getByLabel("Begins with").fill("chat:list:b");
    await page.getByRole("link", { name: "chat:list:b" }).click();
    await page.getByRole("heading", { name: "chat:list:b" }).waitFor();
    await page.goBack();
    await page.getByLabel("Open a channel by its name").fill("chat:quiet");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { name: "chat:quiet" }).waitFor();
  });

  it("walks through the pages", async () => {
    const client = await join(here, "pam");
    for (let at = 0; at < 60; at++)
      await client.request("subscribe", { channel: `chat:page:${String(at).padStart(2, "0")}` });
    const page = await newPage();
    await open(page, here, "channels");
    await page.getByLabel("Begins with").fill("chat:page:");
    await page.getByRole("link", { name: "chat:page:49" }).waitFor();
    await page.getByRole("button", { name: "Next page" }).click();
    await page.getByRole("link", { name: "chat:page:59" }).waitFor();
    expect(await page.locator("tbody tr").count()).toBe(10);
    await page.getByRole("button", { name: "First page" }).click();
    await page.getByRole("link", { name: "chat:page:00" }).waitFor();
  });

  it("shows a channel's rule, messages as they come, who is there, and publishes and clears", async () => {
    const ann = await join(there, "ann", "chat:one");
    await publish("chat:one", { text: "before" });
    const page = await newPage();
    await open(page, here, "channels/chat%3Aone");
    await page.locator(".messages").getByText('{"text":"before"}').waitFor();
    for (const text of ["chat:*", "1,000 messages, 10 min, for subscribers", "10 a second, 20 at once"]) {
      await page.locator(".facts").getByText(text).waitFor();
    }
    await ann.request("publish", { channel: "chat:one", data: { text: "by ann" } });
    await page.locator(".messages").getByText('{"text":"by ann"}').waitFor();
    await page.locator(".present").getByText("ann").waitFor();
    await ann.request("away", {});
    await page
      .locator(".present")
      .getByText(/away since \d\d:\d\d:\d\d/)
      .waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByLabel("Data (JSON)").fill("not json");
    await page.getByText("This is not JSON.").waitFor();
    await page.getByLabel("Data (JSON)").fill('{"text": "from the page"}');
    await page.getByRole("button", { name: "Publish" }).click();
    await page.locator(".messages").getByText('{"text":"from the page"}').waitFor();
    await page.getByRole("button", { name: "Clear history" }).click();
    await confirmWith(page, "Cancel");
    expect((await here.call("GET", "/v1/history?channel=chat:one")).body.messages).toHaveLength(3);
    await page.getByRole("button", { name: "Clear history" }).click();
    await confirmWith(page, "Clear history");
    await page.getByText("Cleared").waitFor();
    expect((await here.call("GET", "/v1/history?channel=chat:one")).body.messages).toEqual([]);
  });

  it("shows up to 300 messages of a second, says how many it left out, and how many come", async () => {
    const page = await newPage();
    await open(page, here, "channels/chat%3Abusy");
    await page.getByText("Nothing yet.").waitFor();
    let isOver = false;
    const flood = (async () => {
      for (let sent = 0; !isOver; sent += 500) {
        const operations = Array.from({ length: 500 }, (_, at) => ({
          publish: { channel: "chat:busy", data: sent + at },
        }));
        await here.call("POST", "/v1/batch", { operations });
        await sleep(200);
      }
    })();
    await page.locator("[data-left-out]").waitFor(patience);
    await expect
      .poll(async () => Number(await page.locator("[data-rate]").getAttribute("data-rate")), patience)
      .toBeGreaterThan(300);
    expect(await page.locator(".messages > ol > li").count()).toBeLessThanOrEqual(300);
    isOver = true;
    await flood;
  });

  it("opens a message of 64 KiB, and pages through 10,000 users without one being shown but those of a page", async () => {
    const data = { text: "ü".repeat(30_000) };
    await publish("chat:large", data);
    const page = await newPage();
    const users = Array.from({ length: 50 }, (_, at) => ({
      user: `user-${at}`,
      state: "online",
      connections: 1,
    }));
    await page.route("**/v1/presence?**", (route) =>
      route.fulfill({ json: { total: 10_000, users, cursor: "user-49" } }),
    );
    await open(page, here, "channels/chat%3Alarge");
    await page.getByRole("button", { name: "Show all (30,011 B)" }).click();
    await expect
      .poll(async () => (await page.locator(".messages pre").textContent())?.length, patience)
      .toBeGreaterThan(30_000);
    await page.getByRole("button", { name: "Less" }).click();
    await page.getByText("10,000 in all").waitFor();
    expect(await page.locator(".present li").count()).toBe(50);
    await page.locator(".side").getByRole("button", { name: "Next page" }).click();
    await page.locator(".side").getByRole("button", { name: "First page" }).click();
  });

  it("says so where there is no history, no presence or no rule", async () => {
    const page = await newPage();
    await open(page, here, "channels/doc%3A1");
    await page.getByText("This channel keeps no history").waitFor();
    await page.getByText("This channel has no presence.").waitFor();
    await enter(page, "channels/a%20b");
    await page.getByText("No rule matches").waitFor();
  });
});

describe("the People room", () => {
  it("finds a user's connections on all nodes, and subscribes, disconnects and revokes", async () => {
    const first = await join(here, "paul");
    await join(there, "paul");
    const page = await newPage();
    await open(page, here, "people");
    await page.getByLabel("User id").fill("paul");
    await page.getByRole("button", { name: "Find" }).click();
    await expect.poll(() => page.locator("tbody tr").count(), patience).toBe(2);
    for (const node of ["node-1", "node-2"]) await page.getByRole("cell", { name: node }).waitFor();
    await page.getByLabel("Channel").fill("chat:paul");
    await page.getByRole("button", { name: "Subscribe", exact: true }).click();
    await page.getByText("2 connections").waitFor();
    await page.getByRole("button", { name: "Unsubscribe" }).click();
    await first.next("unsubscribed");
    const row = page.getByRole("row", { name: "node-1" });
    await row.getByRole("button", { name: "Disconnect" }).click();
    await page
      .getByRole("dialog")
      .getByText(/^End the connection /)
      .waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
    await row.getByRole("button", { name: "Disconnect" }).click();
    await confirmWith(page, "Disconnect");
    await first.next("goodbye");
    await page.getByLabel("They may come back").uncheck();
    await page.getByRole("button", { name: "Disconnect all" }).click();
    await confirmWith(page, "Disconnect");
    await page.getByText("paul is not connected.").waitFor(patience);
    const again = await join(there, "paul");
    await page.getByRole("cell", { name: "node-2" }).waitFor(patience);
    await page.getByRole("button", { name: "Revoke tokens" }).click();
    await confirmWith(page, "Revoke tokens");
    expect(await again.next("goodbye")).toMatchObject({ code: "revoked" });
  });
});

describe("the Tokens room", () => {
  it("says what a token says, whether it would be let in, and what it lets do", async () => {
    const page = await newPage();
    await open(page, here, "tokens");
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByText("Whoever has no token is refused.").waitFor();
    const token = await here.token("ann", { allow: [{ channels: ["doc:*"], can: ["subscribe"] }] });
    await page.getByRole("textbox", { name: "Token" }).fill(token);
    await page.getByRole("textbox", { name: "Channel" }).fill("doc:7");
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByText("It would be let in.").waitFor();
    await page.locator(".facts").getByText('"ann"').waitFor();
    await page
      .getByRole("row", { name: /The bearer of this token allowed the token grants it denied/ })
      .waitFor();
    await page.getByRole("textbox", { name: "Token" }).fill(`${token.slice(0, -3)}AAA`);
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByText("It would be refused: unauthorized").waitFor();
    await page.getByText("no key that is configured made the signature").waitFor();
    await page.getByRole("textbox", { name: "Channel" }).fill("a b");
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByText("It is no channel: bad_request").waitFor();
    await page.getByRole("textbox", { name: "Channel" }).fill("user:ann");
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByRole("row", { name: /Its owner allowed it is its own/ }).waitFor();
  });
});

describe("names that look like HTML or addresses", () => {
  it("are shown as text in every room", async () => {
    const evil = "<img/src=x/onerror=document.title=1>";
    const user = 'https://evil.example/"><script>document.title=1</script>'.replaceAll(" ", "");
    const client = await join(here, user, `chat:${evil}`);
    await client.request("publish", { channel: `chat:${evil}`, data: { [evil]: evil } });
    const page = await newPage();
    await open(page, here, "channels");
    await page.getByRole("link", { name: `chat:${evil}` }).click();
    await page.getByRole("heading", { name: `chat:${evil}` }).waitFor();
    await page.locator(".messages").getByText(evil).first().waitFor();
    await page.locator(".present").getByText(user).click();
    await page.getByRole("cell", { name: "node-1" }).waitFor();
    await page.getByRole("heading", { name: user }).waitFor();
    await page.route("**/v1/stats?**", async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as { nodes: { node: string; version: string }[] };
      for (const node of body.nodes) Object.assign(node, { node: `${evil}${node.node}`, version: evil });
      await route.fulfill({ json: { ...body, unreached: [evil] } });
    });
    await enter(page, "fleet");
    await page.getByRole("row", { name: `${evil}node-1` }).waitFor();
    expect(await page.locator("img[src=x], main script").count()).toBe(0);
    expect(await page.title()).toContain("Fleet");
    expect(page.url()).toContain("/console#/fleet");
  });
});
