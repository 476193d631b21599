import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type TestClient } from "../../gateway/test/support/client.ts";
import { type Gateway, startGateway } from "../../gateway/test/support/gateway.ts";
import { enter, open, phone, useBrowser } from "./support/browser.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const newPage = useBrowser();
let gateway: Gateway;
let client: TestClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connect(gateway, "carol");
  await client.request("subscribe", { channel: "chat:look" });
  await gateway.call("POST", "/v1/publish", { channel: "chat:look", data: { text: "long ".repeat(80) } });
});
afterAll(async () => {
  client.close();
  await gateway.stop();
});

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

async function violations(page: Page): Promise<string[]> {
  // Not as a script of the page, which its policy does not let in.
  await page.evaluate(`${axe};undefined`);
  const found = await page.evaluate<{ violations: Violation[] }>("axe.run()");
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

/** Every room with something in it, each as it looks once it is filled. */
const rooms: readonly [room: string, fill: (page: Page) => Promise<void>][] = [
  [
    "try",
    async (page) => {
      await phone(page, "bob").locator("[data-state=online]").waitFor();
      await phone(page, "ann").locator(".controls button").nth(1).click();
      await phone(page, "bob").locator(".controls button").nth(0).click();
    },
  ],
  ["fleet", (page) => page.locator(".curve canvas").nth(3).waitFor()],
  ["channels", (page) => page.getByRole("link", { name: "chat:look" }).waitFor()],
  ["channels/chat%3Alook", (page) => page.locator(".messages li").first().waitFor()],
  ["people/carol", (page) => page.locator("tbody tr").waitFor()],
  [
    "tokens",
    async (page) => {
      await page.locator("textarea").fill(await gateway.token("ann"));
      await page.locator("form input").fill("chat:look");
      await page.locator("form button").click();
      await page.locator(".permissions").waitFor();
    },
  ],
];

describe.each(["en-US", "zh-CN"])("in the language of %s", (locale) => {
  it.each(["light", "dark"] as const)("no room breaks a rule of accessibility, %s", async (colorScheme) => {
    const page = await newPage({ locale, colorScheme });
    await open(page, gateway);
    for (const [room, fill] of rooms) {
      await enter(page, room);
      await fill(page);
      expect({ room, found: await violations(page) }).toEqual({ room, found: [] });
    }
  });

  it("every room has its words, and none of the other language", async () => {
    const page = await newPage({ locale });
    await open(page, gateway);
    const titles: string[] = [];
    for (const [room, fill] of rooms) {
      await enter(page, room);
      await fill(page);
      titles.push((await page.getByRole("heading", { level: 1 }).textContent()) ?? "");
      const text = (await page.locator("main").textContent()) ?? "";
      if (locale === "en-US") expect(text).not.toMatch(/\p{Script=Han}/u);
      else expect(text.match(/\p{Script=Han}/gu)?.length, room).toBeGreaterThan(10);
    }
    expect(titles).toEqual(
      locale === "en-US"
        ? ["A phone beside a backend", "Fleet", "Channels", "chat:look", "People", "Tokens and rules"]
        : ["左边手机，右边后端", "集群", "频道", "chat:look", "用户", "令牌与规则"],
    );
    expect(await page.evaluate("document.documentElement.lang")).toBe(locale === "en-US" ? "en" : "zh-CN");
  });

  it("no room is wider than a phone", async () => {
    const page = await newPage({ locale, viewport: { width: 360, height: 740 } });
    await open(page, gateway);
    for (const [room, fill] of rooms) {
      await enter(page, room);
      await fill(page);
      expect({ room, width: await page.evaluate("document.documentElement.scrollWidth") }).toEqual({
        room,
        width: 360,
      });
    }
  });
});

it("the language and the colours can be changed, and stay so", async () => {
  const page = await newPage();
  await open(page, gateway, "tokens");
  await page.getByRole("button", { name: "中文" }).click();
  await page.getByRole("heading", { name: "令牌与规则" }).waitFor();
  await page.getByRole("button", { name: "深色" }).click();
  await page.reload();
  await page.getByRole("heading", { name: "令牌与规则" }).waitFor();
  expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("button", { name: "Light" }).click();
  await page.getByRole("heading", { name: "Tokens and rules" }).waitFor();
});

it("everything can be done with a keyboard alone", async () => {
  const page = await newPage();
  await open(page, gateway);
  await phone(page, "ann").locator("[data-state=online]").waitFor();
  /** Presses Tab until the button has the focus. */
  const reach = async (name: RegExp) => {
    for (let presses = 0; presses < 80; presses++) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate<string>("document.activeElement?.textContent ?? ''");
      const isShown = await page.evaluate<boolean>(
        "document.activeElement?.matches(':focus-visible') ?? false",
      );
      if (name.test(focused) && isShown) return;
    }
    throw new Error(`No way to ${name} by Tab.`);
  };
  await page.locator("body").focus();
  await reach(/^Skip to the content$/);
  await page.keyboard.press("Enter");
  await reach(/^▶ Show me$/);
  await reach(/^Freeze$/);
  await page.keyboard.press("Enter");
  await phone(page, "ann").getByText("Frozen: nothing runs").waitFor();
  await page.keyboard.press("Enter");
  await enter(page, "people/carol");
  await page.locator("tbody tr").waitFor();
  await reach(/^Disconnect$/);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await reach(/^Cancel$/);
  await page.keyboard.press("Enter");
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  await page.getByRole("link", { name: "Fleet" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Fleet", level: 1 }).waitFor();
});
