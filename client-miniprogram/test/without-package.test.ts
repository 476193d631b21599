import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../gateway/test/support/gateway.ts";
import { internet, type Network, Phone } from "../testing/index.ts";
import { addressOf } from "./support/apps.ts";
import { until } from "./support/waiting.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const section = readme.split("\n## Without the package\n")[1]?.split("\n## ")[0] ?? "";
const [article = "", arrays = ""] = [...section.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);

let gateway: Gateway;
const phones: Phone[] = [];

beforeAll(async () => {
  gateway = await startGateway();
});

afterEach(() => {
  for (const phone of phones.splice(0)) phone.turnOff();
});

afterAll(() => gateway.stop());

/** The address of the articles leads to the gateway. */
const network: Network = (url, events, options) =>
  internet(url.replace("wss://example.com", addressOf(gateway)), events, options);

/** A phone that runs the code as it is written, and what it logs. */
function run(code: string, globals: object = {}) {
  const phone = new Phone({ network });
  phones.push(phone);
  const log: string[] = [];
  const console = { log: (...words: unknown[]) => log.push(words.join(" ")) };
  runInContext(code, createContext({ wx: phone.wx, console, ...globals }));
  return { phone, log };
}

it("two phones chat with the code of an article, verbatim", async () => {
  const ann = run(article);
  await until(() => ann.log.includes("received: Hello, WebSocket!"));
  const bob = run(article);
  await until(() => ann.log.length === 3 && bob.log.length === 2);
  expect(ann.log).toEqual([
    "WebSocket connected",
    "received: Hello, WebSocket!",
    "received: Hello, WebSocket!",
  ]);
  bob.phone.wx.sendSocketMessage({ data: "and how are you?" });
  await until(() => ann.log.length === 4);
  expect(ann.log[3]).toBe("received: and how are you?");
  bob.phone.wx.closeSocket({});
  await until(() => bob.log.includes("WebSocket closed"));
});

it("a page that speaks JSON arrays comes back for what it has missed", async () => {
  const publish = (data: number) => gateway.call("POST", "/v1/publish", { channel: "chat:42", data });
  const timers: (() => void)[] = [];
  const setTimeout = (task: () => void) => timers.push(task);
  const { phone, log } = run(arrays, { token: await gateway.token("ann"), setTimeout });
  await expect.poll(() => gateway.metric("tidegate_subscriptions"), { timeout: 15_000 }).toBe(2);
  await publish(1);
  await until(() => log.length === 1);
  phone.abortSockets();
  await until(() => timers.length === 1);
  await publish(2);
  await publish(3);
  timers[0]?.();
  await until(() => log.length === 3);
  await publish(4);
  await until(() => log.length === 4);
  expect(log).toEqual(["received: 1", "received: 2", "received: 3", "received: 4"]);
});

it("a page that is not let in does not come back", async () => {
  const timers: (() => void)[] = [];
  const { phone } = run(arrays, { token: "no token", setTimeout: (task: () => void) => timers.push(task) });
  await until(() => phone.opened === 1 && phone.sockets === 0);
  expect(timers).toEqual([]);
});
