import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../../gateway/test/support/gateway.ts";
import type { Message } from "../../src/index.ts";
import { addressOf, publishAll, record, startApp, stopApps } from "../support/apps.ts";
import { turn, until } from "../support/waiting.ts";

const rules = `
channels:
  - match: "quote:*"
    subscribe: user
    publish: user
    history: {size: 1, ttl: 1h}
    conflate: 1ms
`;

let gateway: Gateway;
let url: string;
beforeAll(async () => {
  gateway = await startGateway({ rules });
  url = addressOf(gateway);
});
afterEach(stopApps);
afterAll(() => gateway.stop());

async function start(options: object = {}, phone: object = {}) {
  const token = await gateway.token("ann", { ttl: 3_600_000 });
  const app = startApp(url, { token, ...options }, phone);
  await until(() => app.tide.state === "online");
  return app;
}

describe("a page of values", () => {
  it("is given the current one, although the app stored its position when it last ran", async () => {
    await publishAll(gateway, "quote:stored", [7]);
    const first = await start({ storage: true });
    const seen = record(first.tide.channel<number>("quote:stored"));
    await until(() => seen.length === 1);
    first.phone.hide();
    const storage = first.phone.wx;
    first.tide.close();
    const again = await start({ storage: true, host: storage });
    const told: unknown[] = [];
    again.tide.on("message", ({ data }: Message) => told.push(data));
    const after = record(again.tide.channel<number>("quote:stored"));
    await until(() => after.length === 1);
    expect([seen, after, told]).toEqual([[7], [7], [7]]);
  });

  it("that comes later than another is given the current one at once, and the other not once more", async () => {
    await publishAll(gateway, "quote:list", [1]);
    const { tide } = await start();
    const told: unknown[] = [];
    tide.on("message", ({ data }: Message) => told.push(data));
    const list = record(tide.channel<number>("quote:list"));
    await until(() => list.length === 1);
    const detail = record(tide.channel<number>("quote:list"));
    await turn();
    expect([list, detail]).toEqual([[1], [1]]);
    await publishAll(gateway, "quote:list", [2]);
    await until(() => detail.length === 2);
    expect([list, detail, told]).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  it("is given the current one offline too, and not once more after the return", async () => {
    await publishAll(gateway, "quote:tunnel", [1]);
    const { tide, phone, clock } = await start();
    const list = record(tide.channel<number>("quote:tunnel"));
    await until(() => list.length === 1);
    phone.changeNetwork("none");
    const detail = record(tide.channel<number>("quote:tunnel"));
    await turn();
    expect([tide.state, detail]).toEqual(["offline", [1]]);
    phone.changeNetwork("wifi");
    await until(() => tide.state === "online", clock);
    await publishAll(gateway, "quote:tunnel", [2]);
    await until(() => detail.length === 2);
    expect([list, detail]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it("is given the value that this app itself has set without an echo", async () => {
    const { tide } = await start();
    const list = tide.channel<number>("quote:own");
    const seen = record(list);
    await until(() => list.position !== undefined);
    await list.publish(5, { echo: false });
    await until(() => list.position?.endsWith(":1") === true);
    const detail = record(tide.channel<number>("quote:own"));
    await until(() => detail.length === 1);
    expect([seen, detail]).toEqual([[], [5]]);
  });

  it("that is closed at once is given nothing", async () => {
    await publishAll(gateway, "quote:short", [1]);
    const { tide } = await start();
    const list = record(tide.channel<number>("quote:short"));
    await until(() => list.length === 1);
    const brief = tide.channel<number>("quote:short");
    const seen = record(brief);
    brief.close();
    await turn();
    expect(seen).toEqual([]);
  });
});

describe("history", () => {
  it("may be asked for right after connect, as publish may", async () => {
    await publishAll(gateway, "quote:early", [3]);
    const token = await gateway.token("ann", { ttl: 3_600_000 });
    const { tide } = startApp(url, { token });
    const page = await tide.channel<number>("quote:early").history();
    expect(page.messages.map(({ data }) => data)).toEqual([3]);
  });

  it("says after 10 s why there is no connection", async () => {
    const { tide, clock } = startApp("ws://127.0.0.1:9", { token: "none" });
    const asked = tide.channel("quote:1").history();
    await until(() => tide.reason !== undefined);
    clock.advance(10_000);
    await expect(asked).rejects.toMatchObject({ code: "unavailable", retryable: true });
  });

  it.each(["refused", "closed"])("does not wait where the client is %s", async (how) => {
    const { tide } = startApp(url, { token: "not a token" });
    const asked = tide.channel("quote:1").history();
    if (how === "closed") tide.close();
    await expect(asked).rejects.toMatchObject({
      code: how === "closed" ? "disconnected" : "unauthorized",
    });
    await expect(tide.channel("quote:1").history()).rejects.toMatchObject({ retryable: false });
  });
});

it("a listener that is no function is refused where it is handed in", async () => {
  const { tide } = await start();
  expect(() => tide.channel("quote:1").on("message", undefined as never)).toThrow(
    'on("message"): the listener is a function.',
  );
});
