/*
 * Measures the console in a browser, against what it promises: `npm run measure --workspace console`. Ends with 1 where
 * one of the promises is not kept. The limits of the first paint and of the blocking time are those above which Lighthouse
 * gives less than its best, on the processor and the network that it pretends to have.
 */

import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { pause } from "../../deploy/bench/process.ts";
import { ServerProcess } from "../../deploy/bench/server-process.ts";
import { launch } from "../test/support/launch.ts";
import { bigFleet } from "./big-fleet.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const seconds = values.quick ? 5 : 20;

interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The promise; `more` where the value may not be below it. */
  limit: number;
  better: "more" | "less";
}

const figures: Figure[] = [];

function tell(figure: Figure): void {
  figures.push(figure);
  const { name, value, unit, limit, better } = figure;
  const mark = isKept(figure) ? "" : "   NOT KEPT";
  process.stdout.write(
    `${name}: ${value.toFixed(1)} ${unit} (${better === "more" ? "at least" : "at most"} ${limit})${mark}\n`,
  );
}

function isKept({ value, limit, better }: Figure): boolean {
  return better === "more" ? value >= limit : value <= limit;
}

async function openRoom(browser: Browser, server: ServerProcess, room: string, slow = false): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(`
    sessionStorage.setItem("tidegate-key", ${JSON.stringify(server.apiKey)});
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ startTime, duration }) => [startTime, duration])))
      .observe({ type: "longtask", buffered: true });`);
  if (slow) await slowDown(page);
  if (room === "fleet") await page.route("**/v1/stats?**", (route) => route.fulfill({ json: bigFleet(20) }));
  await page.goto(`http://127.0.0.1:${server.adminPort}/console#/${room}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return page;
}

/** What Lighthouse pretends: a phone's processor and 4G that is slow. */
async function slowDown(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  const kilobits = 1_638.4 * 128;
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    ...{ offline: false, latency: 150, downloadThroughput: kilobits, uploadThroughput: 750 * 128 },
  });
}

/** Openings of a room, of which the best counts: whatever else the machine does only adds to them. */
const openings = 3;

async function measurePaint(browser: Browser, server: ServerProcess): Promise<void> {
  for (const room of ["try", "fleet", "channels", "people", "tokens"]) {
    const paints: number[] = [];
    const blockings: number[] = [];
    for (let opening = 0; opening < openings; opening++) {
      const [paint, blocking] = await paintOf(browser, server, room);
      paints.push(paint);
      blockings.push(blocking);
    }
    const [paint, blocking] = [Math.min(...paints), Math.min(...blockings)];
    tell({ name: `${room}: first paint`, value: paint, unit: "ms", limit: 1_800, better: "less" });
    tell({ name: `${room}: total blocking time`, value: blocking, unit: "ms", limit: 200, better: "less" });
  }
}

/** @returns milliseconds until the first paint, and those by which tasks after it took more than 50 */
async function paintOf(browser: Browser, server: ServerProcess, room: string): Promise<[number, number]> {
  const page = await openRoom(browser, server, room, true);
  await pause(3_000);
  const [paint, tasks] = await page.evaluate<[number, [start: number, duration: number][]]>(
    "[performance.getEntriesByName('first-contentful-paint')[0].startTime, window.longTasks]",
  );
  await page.context().close();
  const late = tasks.filter(([start]) => start >= paint);
  return [paint, late.reduce((sum, [, duration]) => sum + duration - 50, 0)];
}

const countFrames = (milliseconds: number) => `new Promise((resolve) => {
  const began = performance.now();
  let frames = 0;
  const step = () => {
    frames += 1;
    const passed = performance.now() - began;
    if (passed < ${milliseconds}) requestAnimationFrame(step);
    else resolve((frames * 1000) / passed);
  };
  requestAnimationFrame(step);
})`;

async function measureFrames(browser: Browser, server: ServerProcess): Promise<void> {
  const channel = "chat:busy";
  const flood = new Flood(server, channel);
  flood.start();
  const page = await openRoom(browser, server, `channels/${encodeURIComponent(channel)}`);
  await page.locator("[data-left-out]").waitFor();
  const frames = await page.evaluate<number>(countFrames(seconds * 1_000));
  tell({
    name: "a channel of 1,000 messages a second",
    value: frames,
    unit: "frames a second",
    limit: 50,
    better: "more",
  });
  await page.context().close();
  const rate = await flood.stop();
  tell({ name: "published meanwhile", value: rate, unit: "messages a second", limit: 950, better: "more" });
  const fleet = await openRoom(browser, server, "fleet");
  await fleet.locator("tbody tr").nth(19).waitFor();
  const drawn = await fleet.evaluate<number>(countFrames(seconds * 1_000));
  tell({
    name: "20 nodes in the Fleet room",
    value: drawn,
    unit: "frames a second",
    limit: 50,
    better: "more",
  });
  await fleet.context().close();
}

/** A thousand messages a second to one channel, by the server API. */
class Flood {
  readonly #server: ServerProcess;
  readonly #channel: string;
  #over: Promise<number> = Promise.resolve(0);
  #isOver = false;

  constructor(server: ServerProcess, channel: string) {
    this.#server = server;
    this.#channel = channel;
  }

  start(): void {
    this.#over = this.#run();
  }

  /** @returns messages a second */
  stop(): Promise<number> {
    this.#isOver = true;
    return this.#over;
  }

  async #run(): Promise<number> {
    const began = performance.now();
    let sent = 0;
    while (!this.#isOver) {
      const due = Math.floor(performance.now() - began) + 1 - sent;
      await this.#publish(Math.min(1_000, due), sent);
      sent += Math.min(1_000, due);
      await pause(50);
    }
    return (sent * 1_000) / (performance.now() - began);
  }

  async #publish(count: number, from: number): Promise<void> {
    const operations = Array.from({ length: count }, (_, at) => ({
      publish: { channel: this.#channel, data: { text: `message ${from + at}`, price: at } },
    }));
    const response = await fetch(`http://127.0.0.1:${this.#server.adminPort}/v1/batch`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#server.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ operations }),
    });
    if (!response.ok) throw new Error(`The node answered ${response.status}.`);
    await response.arrayBuffer();
  }
}

/** What the node spends on an open console beyond what it spends without. */
async function measureCost(browser: Browser, server: ServerProcess): Promise<void> {
  const share = async () => {
    const before = server.cpu();
    await pause(seconds * 1_000);
    return ((server.cpu() - before) * 100) / seconds;
  };
  await pause(3_000);
  const idle = await share();
  for (const room of ["fleet", "channels", `channels/${encodeURIComponent("chat:quiet")}`]) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(`sessionStorage.setItem("tidegate-key", ${JSON.stringify(server.apiKey)});`);
    await page.goto(`http://127.0.0.1:${server.adminPort}/console#/${room}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    // What the opening costs is not what it goes on to cost.
    await pause(5_000);
    const cost = (await share()) - idle;
    tell({
      name: `an open console, ${decodeURIComponent(room)}`,
      value: cost,
      unit: "% of a core",
      limit: 1,
      better: "less",
    });
    await context.close();
  }
}

const server = await ServerProcess.start("tidegate");
const browser = await launch();
try {
  await measureCost(browser, server);
  await measurePaint(browser, server);
  await measureFrames(browser, server);
} finally {
  await browser.close();
  await server.stop();
}
process.exitCode = figures.every(isKept) ? 0 : 1;
