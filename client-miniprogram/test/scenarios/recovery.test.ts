import { runInNewContext } from "node:vm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../../gateway/test/support/gateway.ts";
import type { Host } from "../../src/index.ts";
import { ManualClock, Phone } from "../../testing/index.ts";
import { addressOf, numbers, publishAll, record, startApp, stopApps } from "../support/apps.ts";
import { until } from "../support/waiting.ts";

const rules = `
channels:
  - match: "chat:*"
    subscribe: user
    publish: subscriber
    presence: {read: subscriber, events: true}
    history: {size: 1000, ttl: 30m}
  - match: "small:*"
    subscribe: user
    publish: user
    history: {size: 5, ttl: 30m}
  - match: "plain:*"
    subscribe: user
    publish: user
  - match: "quote:*"
    subscribe: user
    publish: nobody
    history: {size: 1, ttl: 1h}
    latest: true
  - match: "secret:*"
    subscribe: token
    publish: nobody
    history: {size: 10, ttl: 1h}
`;
const minute = 60_000;
const clock = new ManualClock();

let gateway: Gateway;
let url: string;
beforeAll(async () => {
  gateway = await startGateway({ rules, now: () => clock.now() });
  url = addressOf(gateway);
});
afterEach(stopApps);
afterAll(() => gateway.stop());

let users = 0;
async function start(options: { storage?: boolean; host?: Host; user?: string } = {}) {
  users += 1;
  const { user = `user-${users}`, ...rest } = options;
  const token = await gateway.token(user, { ttl: 3 * 3_600_000 });
  const app = startApp(url, { token, ...rest }, { clock });
  await until(() => app.tide.state === "online");
  return { ...app, user };
}

function awayFor(phone: Phone, milliseconds: number) {
  phone.hide();
  clock.advance(Math.min(milliseconds, 5_000));
  return { return: () => phone.show() };
}

describe("suspended", () => {
  it.each([
    ["7 s", 7_000],
    ["5 min", 5 * minute],
    ["29 min", 29 * minute],
  ])("for %s: all 150 messages arrive, in order, once", async (name, time) => {
    const { phone, tide } = await start();
    const channel = `chat:suspended-${name.replace(" ", "")}`;
    const room = tide.channel<number>(channel);
    const seen = record(room);
    await until(() => room.position !== undefined);
    const away = awayFor(phone, time);
    await publishAll(gateway, channel, numbers(1, 150));
    clock.advance(time - 5_000);
    away.return();
    await until(() => seen.length >= 150);
    await publishAll(gateway, channel, [151]);
    await until(() => seen.length >= 151);
    expect(seen).toEqual(numbers(1, 151));
  });

  it("follows `more` through as many replies as it takes", async () => {
    const { phone, tide } = await start();
    const room = tide.channel<number>("chat:more");
    const seen = record(room);
    await until(() => room.position !== undefined);
    const away = awayFor(phone, minute);
    await publishAll(gateway, "chat:more", numbers(1, 700));
    away.return();
    await until(() => seen.length >= 700);
    expect(seen).toEqual(numbers(1, 700));
  });

  it("resets when the window was missed, exactly then, and goes on", async () => {
    const { phone, tide } = await start();
    const [small, chat] = [tide.channel<number>("small:1"), tide.channel<number>("chat:beside")];
    const seen = record(small);
    const beside = record(chat);
    await until(() => small.position !== undefined && chat.position !== undefined);
    const away = awayFor(phone, minute);
    await publishAll(gateway, "small:1", numbers(1, 20));
    await publishAll(gateway, "chat:beside", numbers(1, 20));
    away.return();
    await until(() => seen.length > 0 && beside.length === 20);
    await publishAll(gateway, "small:1", [21]);
    await until(() => seen.length === 2);
    expect(seen).toEqual(["reset", 21]);
    expect(beside).toEqual(numbers(1, 20));
  });
});

describe("the user's own channel", () => {
  it("needs no asking, and resumes in the handshake", async () => {
    const { phone, tide, user } = await start();
    const seen: unknown[] = [];
    tide.on("message", ({ data }) => seen.push(data));
    await publishAll(gateway, `user:${user}`, [1]);
    await until(() => seen.length === 1);
    const away = awayFor(phone, minute);
    await publishAll(gateway, `user:${user}`, [2, 3]);
    away.return();
    await until(() => seen.length === 3);
    expect(seen).toEqual([1, 2, 3]);
  });
});

describe("a channel", () => {
  it("starts at the history's beginning where asked to", async () => {
    await publishAll(gateway, "chat:start", numbers(1, 10));
    const { tide } = await start();
    const seen = record(tide.channel<number>("chat:start", { since: "start" }));
    await until(() => seen.length === 10);
    expect(seen).toEqual(numbers(1, 10));
  });

  it("is shared by pages, and left with the last of them", async () => {
    const { tide } = await start();
    const [one, other] = [tide.channel<number>("chat:shared"), tide.channel<number>("chat:shared")];
    const [first, second] = [record(one), record(other)];
    await until(() => one.position !== undefined);
    await publishAll(gateway, "chat:shared", [1]);
    await until(() => first.length === 1 && second.length === 1);
    one.close();
    one.close();
    await publishAll(gateway, "chat:shared", [2]);
    await until(() => second.length === 2);
    other.close();
    await expect(tide.publish("chat:shared", 3)).rejects.toMatchObject({ code: "not_subscribed" });
    const again = tide.channel<number>("chat:shared");
    const third = record(again);
    await until(() => again.position !== undefined);
    await publishAll(gateway, "chat:shared", [4]);
    await until(() => third.length === 1);
    expect([first, second, third]).toEqual([[1], [1, 2], [4]]);
  });

  it("that is a value brings the newest on every return", async () => {
    await publishAll(gateway, "quote:1", [1]);
    const { phone, tide } = await start();
    const seen = record(tide.channel<number>("quote:1"));
    await until(() => seen.length === 1);
    const away = awayFor(phone, minute);
    await publishAll(gateway, "quote:1", [2, 3]);
    away.return();
    await until(() => seen.length === 2);
    expect(seen).toEqual([1, 3]);
  });

  it("without history tells that something may be missing", async () => {
    const { phone, tide } = await start();
    const room = tide.channel<number>("plain:1");
    const seen = record(room);
    await room.publish(1);
    await until(() => seen.length === 1);
    awayFor(phone, minute).return();
    await until(() => seen.length === 2);
    expect(seen).toEqual([1, "reset"]);
  });

  it("that is refused says so, and leaves the others alone", async () => {
    const { tide } = await start();
    const errors: string[] = [];
    const denied = tide.channel("secret:1");
    denied.on("error", ({ code }) => errors.push(code));
    const room = tide.channel<number>("chat:allowed");
    await room.publish(1);
    await until(() => errors.length > 0);
    expect(errors).toEqual(["forbidden"]);
  });

  it("fetches its channel token, and another when that has expired", async () => {
    const { tide, user, phone } = await start();
    let calls = 0;
    const token = async () => {
      calls += 1;
      const { body } = await gateway.call("POST", "/v1/tokens", { user, channel: "secret:2", ttl: 3_600 });
      return String(body.token);
    };
    const room = tide.channel<number>("secret:2", { token });
    const seen = record(room);
    await until(() => room.position !== undefined);
    await publishAll(gateway, "secret:2", [1]);
    await until(() => seen.length === 1);
    const away = awayFor(phone, minute);
    clock.advance(70 * minute);
    await publishAll(gateway, "secret:2", [2]);
    away.return();
    await until(() => seen.length === 2);
    expect(seen).toEqual([1, 2]);
    expect(calls).toBe(2);
  });
});

describe("positions in the storage", () => {
  it("continue after a cold start, the user's own channel too", async () => {
    const phone = new Phone({ clock });
    const first = await start({ storage: true, host: phone.wx, user: "cold" });
    const room = first.tide.channel<number>("chat:cold");
    const before = record(room);
    await room.publish(1);
    await until(() => before.length === 1);
    first.phone.hide();
    first.tide.suspend();
    first.tide.close();
    await publishAll(gateway, "chat:cold", [2, 3]);
    await publishAll(gateway, "user:cold", ["own"]);
    const token = await gateway.token("cold", { ttl: 3 * 3_600_000 });
    const second = startApp(url, { token, storage: true, host: phone.wx }, { clock });
    const own: unknown[] = [];
    second.tide.on("message", ({ channel, data }) => channel === "user:cold" && own.push(data));
    const after = record(second.tide.channel<number>("chat:cold"));
    await until(() => after.length === 2 && own.length === 1);
    expect(after).toEqual([2, 3]);
    expect(own).toEqual(["own"]);
    phone.turnOff();
  });

  it("stay where the client was closed before the app is hidden, and shown", async () => {
    const phone = new Phone({ clock });
    const { tide } = await start({ storage: true, host: phone.wx });
    const room = tide.channel("chat:closed");
    await until(() => room.position !== undefined);
    tide.suspend();
    const stored = phone.wx.getStorageSync(`tidegate:${url}`);
    expect(stored).toContain(room.position);
    tide.close();
    tide.suspend();
    expect(phone.wx.getStorageSync(`tidegate:${url}`)).toBe(stored);
    const ended = tide.state;
    tide.retry();
    tide.resume();
    expect(tide.state).toBe(ended);
    phone.turnOff();
  });
});

describe("what stands in the storage", () => {
  it.each([
    ["no JSON", "{"],
    ["of another form", JSON.stringify({ own: "all", positions: ["e:1"] })],
    [
      "no positions",
      JSON.stringify({ own: [5, "", null], positions: { "chat:stored": 5, "chat:x": "e".repeat(200) } }),
    ],
  ])("and is %s costs nothing but itself", async (_name, text) => {
    const phone = new Phone({ clock });
    phone.wx.setStorageSync(`tidegate:${url}`, text);
    const { tide } = await start({ storage: true, host: phone.wx });
    const room = tide.channel<number>("chat:stored");
    await room.publish(1);
    expect(tide.state).toBe("online");
    tide.close();
    phone.turnOff();
  });
});

describe("presence", () => {
  it("is told to each page once it is known, also to one that comes later", async () => {
    const { tide, user } = await start();
    const told: string[] = [];
    const open = (page: string) =>
      tide.channel("chat:pages", { presence: true }).on("presence", (users) => {
        told.push(`${page}: ${users.map((one) => one.user)}`);
      });
    open("first");
    await until(() => told.length > 0);
    open("second");
    await until(() => told.some((line) => line.startsWith("second")));
    expect(told.at(-1)).toBe(`second: ${user}`);
  });

  it("is read, kept in step, and read again after a return", async () => {
    const one = await start({ user: "p-one" });
    const room = one.tide.channel("chat:presence", { presence: true });
    const shown = () => room.presence.map(({ user, state }) => `${user} ${state}`).sort();
    await until(() => shown().length === 1);
    const other = await start({ user: "p-other" });
    other.tide.channel("chat:presence");
    await until(() => shown().length === 2);
    other.phone.hide();
    // Of one user the gateway tells once a second.
    await until(() => shown().includes("p-other away"), clock);
    other.phone.show();
    await until(() => shown().includes("p-other online"), clock);
    const away = awayFor(one.phone, minute);
    other.tide.close();
    await until(() => other.phone.sockets === 0);
    away.return();
    await until(() => one.tide.state === "online" && shown().length === 1);
    expect(shown()).toEqual(["p-one online"]);
  });
});

describe("binary data", () => {
  it.each([
    ["a view", () => new Uint8Array([0, 1, 254, 255]).subarray(1, 3)],
    ["a buffer of another realm", () => runInNewContext("new Uint8Array([1, 254]).buffer") as ArrayBuffer],
    ["a view of another realm", () => runInNewContext("new Uint8Array([1, 254])") as Uint8Array],
  ])("(%s) arrives as it was sent, now and from the history", async (_name, made) => {
    const { tide } = await start();
    const bytes = made();
    const room = tide.channel<{ bytes: ArrayBuffer | Uint8Array }>("chat:binary");
    const live = record(room);
    await room.publish({ bytes });
    await until(() => live.length === 1);
    const past = record(tide.channel<{ bytes: ArrayBuffer }>("chat:binary"));
    const { messages } = await room.history();
    expect(past).toEqual([]);
    for (const data of [live[0], messages[0]?.data]) {
      const { bytes: got } = data as { bytes: ArrayBuffer };
      expect([...new Uint8Array(got)]).toEqual([1, 254]);
    }
  });
});
