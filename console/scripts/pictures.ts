/*
 * Makes the pictures of the README from a real run: `npm run pictures --workspace console`. The Try room after a phone
 * has been away, and the Fleet room of three gateways on one Redis under the load of the bench. Beside each picture is
 * written what text was on it, by which a test sees that it is of today's page.
 */

import { statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { closeCrowd, openCrowd } from "../../deploy/bench/load/crowd.ts";
import { stampedData } from "../../deploy/bench/load/stamps.ts";
import { pause } from "../../deploy/bench/process.ts";
import { RedisProcess } from "../../deploy/bench/redis-process.ts";
import { ServerProcess } from "../../deploy/bench/server-process.ts";
import { launch } from "../test/support/launch.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: "string", default: "4" } },
});
/** Below this GitHub shows them at once. */
const mostBytes = 300_000;

async function openPage(server: ServerProcess, room: string, height: number, width: number): Promise<Page> {
  const context = await browser.newContext({
    ...{ locale: "en-US", colorScheme: "light", deviceScaleFactor: 2, viewport: { width, height } },
  });
  const page = await context.newPage();
  await page.addInitScript(`sessionStorage.setItem("tidegate-key", ${JSON.stringify(server.apiKey)});`);
  await page.goto(`http://127.0.0.1:${server.adminPort}/console#/${room}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return page;
}

async function picture(page: Page, name: string): Promise<void> {
  const path = fileURLToPath(new URL(`../../gateway/docs/${name}.png`, import.meta.url));
  await page.evaluate("scrollTo(0, 0)");
  await page.screenshot({ path });
  const { size } = statSync(path);
  if (size >= mostBytes) throw new Error(`${name}.png has ${size} bytes.`);
  const texts = await page.evaluate<string[]>(
    "[...document.querySelectorAll('h1, h2, nav a, th, figcaption span, .controls button, label')].map((part) => part.innerText.trim())",
  );
  const labels = [...new Set(texts.filter((text) => /\p{Letter}/u.test(text)))];
  writeFileSync(
    fileURLToPath(new URL(`../test/pictures/${name}.json`, import.meta.url)),
    `${JSON.stringify(labels, null, 2)}\n`,
  );
  process.stdout.write(`${name}.png: ${Math.round(size / 1_024)} KiB\n`);
}

async function tryPicture(): Promise<void> {
  const server = await ServerProcess.start("tidegate", { TIDEGATE_CONFIG: "" });
  try {
    const page = await openPage(server, "try", 920, 1_180);
    await page.locator("[data-state=online]").nth(1).waitFor();
    await page.getByRole("button", { name: "Quote every second" }).click();
    await page.locator("#phone-bob").waitFor();
    const bob = page.locator(".phone-box").nth(1);
    await bob.getByLabel("New entry").fill("Call the courier");
    await bob.getByRole("button", { name: "Add" }).click();
    await bob.getByLabel("New entry").fill("Two coffees, table 4");
    await bob.getByRole("button", { name: "Add" }).click();
    await page.getByRole("button", { name: "Show me" }).click();
    await page.getByText("Suspended: nothing runs").waitFor();
    await page.getByText(/Back: \d+ missed messages/).waitFor({ timeout: 60_000 });
    await bob.getByLabel("Message").fill("All there. And you?");
    await bob.getByRole("button", { name: "Send" }).click();
    await page.getByText("All there. And you?").nth(1).waitFor();
    // The phone beside it goes to the background, so that the picture has both.
    await bob.getByRole("button", { name: "Hide" }).click();
    await page.getByText("Suspended: nothing runs").waitFor();
    await pause(3_000);
    await picture(page, "console-try");
  } finally {
    await server.stop();
  }
}

async function fleetPicture(): Promise<void> {
  const redis = await RedisProcess.start();
  const start = (node: string) => ServerProcess.start("tidegate", { TIDEGATE_NODE_ID: node }, redis.url);
  const servers = [await start("gateway-0"), await start("gateway-1"), await start("gateway-2")];
  const crowds = await Promise.all(
    servers.map((server, at) => openCrowd(server, 600 + at * 150, (index) => [`chat:${index % 20}`])),
  );
  const [publisher] = crowds[0] ?? [];
  if (!publisher) throw new Error("Nobody is connected.");
  const until = performance.now() + Number(values.minutes) * 60_000;
  // It goes up and down, as days do.
  for (let sent = 0; performance.now() < until; sent++) {
    publisher.publish(`chat:${sent % 20}`, stampedData(100));
    await pause(8 + 6 * Math.sin(performance.now() / 25_000));
  }
  const [server] = servers;
  if (server) {
    const page = await openPage(server, "fleet", 610, 1_180);
    await page.locator("tbody tr").nth(2).waitFor();
    await pause(2_000);
    await picture(page, "console-fleet");
  }
  for (const crowd of crowds) closeCrowd(crowd);
  await Promise.all(servers.map((one) => one.stop()));
  await redis.stop();
}

const browser = await launch();
try {
  const wanted = positionals.length > 0 ? positionals : ["try", "fleet"];
  if (wanted.includes("try")) await tryPicture();
  if (wanted.includes("fleet")) await fleetPicture();
} finally {
  await browser.close();
}
