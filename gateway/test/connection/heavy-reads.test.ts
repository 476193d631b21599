import { expect, it } from "vitest";
import type { HistoryPage, PresencePage, PresenceStore } from "../../src/backplane/ports.ts";
import { History } from "../../src/channels/history.ts";
import { Presence } from "../../src/channels/presence.ts";
import { Rules } from "../../src/channels/rules.ts";
import { Connection } from "../../src/connection/connection.ts";
import { Dispatcher } from "../../src/connection/dispatcher.ts";
import type { RequestServices } from "../../src/connection/request-services.ts";
import { requests, unnamedRequest } from "../../src/connection/request-table.ts";
import { silentLog } from "../../src/log.ts";
import { noMeter } from "../../src/meter.ts";
import { lasting, rule } from "../channels/node.ts";
import { FakeWire } from "./wire.ts";

/** Answers a turn later, and counts how many are asked for at once. */
class SlowStore {
  most = 0;
  asked = 0;
  #underWay = 0;

  async answer<Page>(page: Page): Promise<Page> {
    this.asked += 1;
    this.#underWay += 1;
    this.most = Math.max(this.most, this.#underWay);
    await new Promise((resolve) => setImmediate(resolve));
    this.#underWay -= 1;
    return page;
  }
}

const noMessages: HistoryPage = { entries: [], top: { epoch: "e", offset: 0 }, reached: true, more: false };
const nobody: PresencePage = { total: 0, users: [] };

function setUp(store: SlowStore) {
  const rules = new Rules(
    [rule("*", { history: lasting, presence: { read: "anyone", events: false, linger: 0 } })],
    255,
  );
  const history = new History({ read: () => store.answer([noMessages]), clear: async () => {} });
  const presence = new Presence({ page: () => store.answer(nobody) } as unknown as PresenceStore);
  const accounts = { take: () => {}, charge: () => {}, payloadUnits: () => 0 };
  const services = { rules, history, presence, accounts, now: () => 0 } as unknown as RequestServices;
  const lifecycle = { end: () => {} };
  const limits = { maxDepth: 32, rate: 100, burst: 200 };
  return new Dispatcher({
    requests,
    unnamed: unnamedRequest(undefined),
    services,
    lifecycle,
    accounts,
    meter: noMeter,
    log: silentLog,
    ...limits,
  });
}

function connect(): Connection {
  const subject = { user: "ann", anonymous: false, allow: [] };
  return new Connection(new FakeWire("c1"), { subject, info: undefined, channels: [] }, 1);
}

it.each(["history", "presence"])(
  "50 requests for %s of a connection are read one at a time",
  async (event) => {
    const store = new SlowStore();
    const dispatcher = setUp(store);
    const connection = connect();
    const answers: unknown[] = [];
    const asked = Array.from({ length: 50 }, (_, index) =>
      dispatcher.dispatch(connection, event, { channel: "a" }, () => answers.push(index)),
    );
    await Promise.all(asked);
    expect(answers).toEqual(asked.map((_, index) => index));
    expect(store).toMatchObject({ asked: 50, most: 1 });
  },
);

it("the reads of two connections do not wait for each other", async () => {
  const store = new SlowStore();
  const dispatcher = setUp(store);
  const ask = (connection: Connection) =>
    dispatcher.dispatch(connection, "history", { channel: "a" }, () => {});
  await Promise.all([ask(connect()), ask(connect())]);
  expect(store.most).toBe(2);
});

it("nothing but the next page waits for a page", async () => {
  const store = new SlowStore();
  const dispatcher = setUp(store);
  const connection = connect();
  const answers: string[] = [];
  const ask = (event: string, payload: object) =>
    dispatcher.dispatch(connection, event, payload, () => answers.push(event));
  const asked = [ask("history", { channel: "a" }), ask("presence", { channel: "a" }), ask("ping", {})];
  await Promise.all(asked);
  expect(answers).toEqual(["ping", "history", "presence"]);
  expect(store.most).toBe(1);
});

it("a page waits for what has to come before it", async () => {
  const store = new SlowStore();
  const dispatcher = setUp(store);
  const connection = connect();
  let finish = () => {};
  const subscribing = connection.work.request(true, () => new Promise<void>((resolve) => (finish = resolve)));
  const page = dispatcher.dispatch(connection, "history", { channel: "a" }, () => {});
  await new Promise((resolve) => setImmediate(resolve));
  expect(store.asked).toBe(0);
  finish();
  await Promise.all([subscribing, page]);
  expect(store.asked).toBe(1);
});
