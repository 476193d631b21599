import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launch } from "./launch.ts";

/** A browser for the tests of a file. Whatever a page reports as an error fails the test that opened it. */
export function useBrowser(): (options?: BrowserContextOptions) => Promise<Page> {
  let browser: Browser;
  const pages: Page[] = [];
  let faults: string[] = [];
  beforeAll(async () => {
    browser = await launch();
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
    const found = faults;
    faults = [];
    expect(found).toEqual([]);
  });
  afterAll(() => browser.close());
  return async (options = {}) => {
    const context = await browser.newContext({
      locale: "en-US",
      viewport: { width: 1_280, height: 900 },
      ...options,
    });
    const page = await context.newPage();
    pages.push(page);
    page.on("pageerror", ({ message }) => faults.push(message));
    page.on("console", (message) => {
      // What the node answers with an error, or does not answer, is shown by the page itself.
      if (
        message.type() === "error" &&
        !/Failed to load resource|WebSocket connection/.test(message.text())
      ) {
        faults.push(message.text());
      }
    });
    return page;
  };
}

/** The page of a node, opened as its banner says, in a room. */
export async function open(page: Page, { api, key }: { api: string; key: string }, room = ""): Promise<void> {
  await page.goto(`${api}/console#key=${key}`);
  await page.getByRole("navigation").waitFor();
  if (room !== "") await enter(page, room);
}

/** Goes to a room by its address. */
export async function enter(page: Page, room: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(`#/${room}`)}`);
}

/** A figure of a phone's counter. */
export async function figure(page: Page, user: string, name: string): Promise<number> {
  const text = await phone(page, user).locator(`[data-count=${name}]`).textContent();
  return Number(/[\d,]+/.exec(text ?? "")?.[0].replaceAll(",", ""));
}

export function phone(page: Page, user: string) {
  return page.locator(".phone-box", { has: page.locator(`#phone-${user}`) });
}
