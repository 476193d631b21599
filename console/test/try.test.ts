import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../gateway/test/support/gateway.ts";
import { figure, open, phone, useBrowser } from "./support/browser.ts";

const rules = `
channels:
  - match: "*:*"
    subscribe: anyone
    publish: anyone
    presence: {read: anyone, events: true}
    history: {size: 1000, ttl: 10m, read: anyone}
`;

const patience = { timeout: 30_000, interval: 50 };
const newPage = useBrowser();
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ rules });
});
afterAll(() => gateway.stop());

/** The room, with both phones online. */
async function openTry(options: Parameters<typeof newPage>[0] = {}): Promise<Page> {
  const page = await newPage(options);
  await open(page, gateway);
  for (const user of ["ann", "bob"]) {
    await phone(page, user).locator("[data-state=online]").waitFor();
  }
  return page;
}

const press = (page: Page, user: string, name: string) =>
  phone(page, user).getByRole("button", { name, exact: true }).click();

const figures = async (page: Page, user: string) => ({
  published: await figure(page, user, "published"),
  received: await figure(page, user, "received"),
  reset: await figure(page, user, "reset"),
  lost: await figure(page, user, "lost"),
  twice: await figure(page, user, "twice"),
});

const publish = (count: number, channel = "chat:demo") =>
  gateway.call("POST", "/v1/batch", {
    operations: Array.from({ length: count }, (_, at) => ({
      publish: { channel, data: { text: `m ${at}` } },
    })),
  });

describe("the Try room", () => {
  it("shows, at one press, a phone that goes away, misses messages and comes back with all of them", async () => {
    const page = await openTry();
    await page.getByRole("button", { name: "Show me" }).click();
    await phone(page, "ann").getByText("Suspended: nothing runs").waitFor();
    await expect.poll(() => figure(page, "bob", "received"), patience).toBe(20);
    expect(await figure(page, "ann", "received")).toBe(0);
    await phone(page, "ann")
      .getByText(/Back: \d+ missed messages in \d+ ms/)
      .waitFor();
    const all = { published: 20, received: 20, reset: 0, lost: 0, twice: 0 };
    await expect.poll(() => figures(page, "ann"), patience).toEqual(all);
    expect(await figures(page, "bob")).toEqual(all);
  });

  it("loses nothing and brings nothing twice in 20 rounds of hide, freeze, kill and show", {
    timeout: 180_000,
  }, async () => {
    const page = await openTry();
    let sent = 0;
    for (let round = 0; round < 20; round++) {
      await press(page, "ann", round % 2 === 0 ? "Freeze" : "Kill network");
      await press(page, "ann", "Hide");
      await publish(13);
      // Every fourth one is suspended, which takes 5 s.
      if (round % 4 === 3) await phone(page, "ann").getByText("Suspended: nothing runs").waitFor();
      await press(page, "ann", "Show");
      if (round % 2 === 1) await press(page, "ann", "Restore network");
      await publish(12);
      sent += 25;
    }
    expect(sent).toBe(500);
    const all = { published: 500, received: 500, reset: 0, lost: 0, twice: 0 };
    await expect.poll(() => figures(page, "bob"), patience).toEqual(all);
    await expect.poll(() => figures(page, "ann"), { ...patience, timeout: 60_000 }).toEqual(all);
  });

  it("has every button do what it says", async () => {
    const page = await openTry({ permissions: ["clipboard-read", "clipboard-write"] });
    await press(page, "ann", "Wi-Fi → 4G");
    await phone(page, "ann").getByText("4G", { exact: true }).waitFor();
    await press(page, "ann", "4G → Wi-Fi");
    await press(page, "ann", "Kill network");
    await phone(page, "ann").locator("[data-state=offline]").waitFor();
    await press(page, "ann", "Restore network");
    await phone(page, "ann").locator("[data-state=online]").waitFor();
    await press(page, "ann", "Airplane, 60 s");
    await phone(page, "ann").locator("[data-state=offline]").waitFor();
    await phone(page, "ann")
      .getByRole("button", { name: /Land now \(\d+ s\)/ })
      .click();
    await phone(page, "ann").locator("[data-state=online]").waitFor();
    await press(page, "ann", "Freeze");
    await phone(page, "ann").getByText("Frozen: nothing runs").waitFor();
    await press(page, "ann", "Thaw");
    await phone(page, "ann").getByLabel("Message").fill("hi bob");
    await press(page, "ann", "Send");
    await phone(page, "bob").getByText("hi bob").waitFor();
    await phone(page, "bob").getByLabel("New entry").fill("milk");
    await press(page, "bob", "Add");
    await phone(page, "ann").getByLabel("Done: milk").check();
    await phone(page, "bob").locator("label.done").waitFor();
    await press(page, "ann", "Remove milk");
    await phone(page, "bob").getByText("Nothing on it yet").waitFor();
    await page.getByRole("button", { name: "Quote every second" }).click();
    await phone(page, "bob").locator(".quote b").waitFor();
    await page.getByRole("button", { name: "Stop the quote" }).click();
    await page.getByRole("button", { name: "Publish 20" }).click();
    await phone(page, "bob").getByText("hello 20").waitFor();
    await page.getByRole("button", { name: "Publish", exact: true }).click();
    await page.getByText(/Stored at /).waitFor();
    await page.getByRole("button", { name: "+ Add a phone" }).click();
    await phone(page, "eve").locator("[data-state=online]").waitFor();
    await press(page, "eve", "Remove");
    await expect.poll(() => page.locator(".phone-box").count()).toBe(2);
    for (const name of ["Node", "Python", "Go", "curl"]) {
      await page.getByRole("button", { name, exact: true }).click();
      expect(await page.locator(".samples pre").textContent()).not.toContain(gateway.key);
      await page.getByRole("button", { name: /^Cop/ }).click();
      expect(await page.evaluate("navigator.clipboard.readText()")).toContain(gateway.key);
    }
    for (const user of ["ann", "bob"]) expect(await figures(page, user)).toMatchObject({ lost: 0, twice: 0 });
  });

  it("tells phones that were away for longer than the history holds, and loses nothing silently", async () => {
    const page = await openTry();
    await press(page, "ann", "Kill network");
    for (let part = 0; part < 3; part++) await publish(500);
    await press(page, "ann", "Restore network");
    await expect.poll(() => figure(page, "ann", "reset"), patience).toBeGreaterThan(400);
    const { published, received, reset, lost, twice } = await figures(page, "ann");
    expect({ missing: published - received - reset, lost, twice }).toEqual({ missing: 0, lost: 0, twice: 0 });
  });

  it("shows whatever is published as text", async () => {
    const page = await openTry();
    const evil = '<img src=x onerror="document.title=1">';
    for (const data of [
      { text: evil },
      evil,
      null,
      [1],
      { text: { a: 1 } },
      { price: "x" },
      { op: "add", id: 1 },
    ]) {
      for (const channel of ["chat:demo", "quote:demo", "list:demo"]) {
        await gateway.call("POST", "/v1/publish", { channel, data });
      }
    }
    await gateway.call("POST", "/v1/publish", {
      channel: "list:demo",
      data: { op: "add", id: evil, text: evil },
    });
    await phone(page, "ann").locator(".list").getByText(evil).waitFor();
    expect(await page.locator("img[src=x]").count()).toBe(0);
    expect(await page.title()).toContain("Try it");
  });

  it("runs the client package as it is, over real sockets to the public port", async () => {
    const page = await newPage();
    const sockets: string[] = [];
    page.on("websocket", (socket) => sockets.push(socket.url()));
    await open(page, gateway);
    await phone(page, "bob").locator("[data-state=online]").waitFor();
    expect(sockets).toEqual(
      [1, 2].map(() => `ws://127.0.0.1:${gateway.port}/socket.io/?EIO=4&transport=websocket`),
    );
    const device = readFileSync(new URL("../src/rooms/try/device.ts", import.meta.url), "utf8");
    expect(device).toContain('from "tidegate-miniprogram"');
    expect(device).toContain('from "tidegate-miniprogram/testing"');
  });
});

describe("a gateway that signs no tokens", () => {
  it("is told of, and no phone tries for ever", async () => {
    const env = { TIDEGATE_TOKEN_SECRET: "", TIDEGATE_TOKEN_JWKS_URL: "http://127.0.0.1:9/jwks" };
    const other = await startGateway({ env });
    const page = await newPage();
    await open(page, other);
    await page.getByText("This gateway signs no tokens").waitFor();
    await other.stop();
  });
});
