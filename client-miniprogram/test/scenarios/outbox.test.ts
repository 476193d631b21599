import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../../gateway/test/support/gateway.ts";
import { ManualClock } from "../../testing/index.ts";
import { addressOf, numbers, record, startApp, stopApps } from "../support/apps.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import { turn, until } from "../support/waiting.ts";

const minute = 60_000;
const clock = new ManualClock();

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ now: () => clock.now() });
});
afterEach(stopApps);
afterAll(() => gateway.stop());

async function start(user: string) {
  const app = startApp(addressOf(gateway), { token: await gateway.token(user) }, { clock });
  await until(() => app.tide.state === "online");
  return app;
}

function scripted(options: { outbox?: { size?: number; age?: number; bytes?: number } } = {}) {
  const script = new ScriptedGateway();
  const app = startApp("wss://gateway.test", options, { network: script.network });
  return { script, ...app };
}

const codeOf = ({ code }: { code: string }) => code;

describe("publishing", () => {
  it("keeps the order, also of what was published before there was a connection", async () => {
    const token = await gateway.token("early");
    const { tide } = startApp(addressOf(gateway), { token }, { clock });
    const room = tide.channel<number>("chat:early");
    const seen = record(room);
    await Promise.all(numbers(1, 30).map((number) => room.publish(number)));
    await until(() => seen.length === 30);
    expect(seen).toEqual(numbers(1, 30));
  });

  it.each(["constructor", "toString", "__proto__"])("to a channel called `%s` arrives", async (name) => {
    const { tide } = await start(`of-${name}`);
    const room = tide.channel<number>(name);
    expect(room.position).toBeUndefined();
    const seen = record(room);
    const published = room.publish(1);
    await until(() => seen.length === 1);
    expect(room.position).toBe((await published).position);
  });

  it("just before a suspension arrives once", async () => {
    const { phone, tide } = await start("hasty");
    const room = tide.channel<number>("chat:hasty");
    const seen = record(room);
    await until(() => room.position !== undefined);
    const sent = numbers(1, 5).map((number) => room.publish(number));
    phone.hide();
    phone.suspend();
    clock.advance(minute);
    phone.show();
    await Promise.all(sent);
    await until(() => seen.length >= 5);
    const { messages } = await room.history();
    expect(messages.map(({ data }) => data)).toEqual(numbers(1, 5));
    expect(seen).toEqual(numbers(1, 5));
  });

  it("that reached the gateway although its answer was lost arrives once", async () => {
    const { phone, tide } = await start("unsure");
    const room = tide.channel<number>("chat:unsure");
    const seen = record(room);
    await until(() => room.position !== undefined);
    const sent = room.publish(1);
    phone.freeze();
    await turn(20);
    phone.abortSockets();
    phone.thaw("as-it-came");
    phone.breakSockets();
    clock.advance(minute);
    await until(() => seen.length >= 1, clock);
    await Promise.race([sent, until(() => false, clock, 200)]);
    await until(() => tide.state === "online", clock);
    const { messages } = await room.history();
    expect(messages).toHaveLength(1);
    expect(seen).toEqual([1]);
  });

  it("without echo does not bring the message back, by recovery neither", async () => {
    const { phone, tide } = await start("quiet");
    const room = tide.channel<number>("chat:quiet");
    const seen = record(room);
    await room.publish(1, { echo: false });
    phone.hide();
    phone.suspend();
    const pending = room.publish(2, { echo: false });
    phone.show();
    await pending;
    await room.publish(3);
    await until(() => seen.length > 0);
    expect(seen).toEqual([3]);
  });

  it("is what the page gave, whatever it does with it later", async () => {
    const { script, tide } = scripted();
    const text = { words: ["hi"], at: new Date(0) };
    const sent = tide.publish("chat:1", text);
    text.words.push("changed");
    await sent;
    expect(script.requests.map(({ payload }) => payload)).toMatchObject([
      { data: { words: ["hi"], at: "1970-01-01T00:00:00.000Z" } },
    ]);
  });

  it("waits out a rate limit without losing the order", async () => {
    const { script, clock: time, tide } = scripted();
    let refusals = 3;
    const stored: unknown[] = [];
    script.reply = (_event, payload) => {
      refusals -= 1;
      if (refusals >= 0) {
        return { ok: false, error: { code: "rate_limited", message: "slow", retryable: true, after: 100 } };
      }
      stored.push((payload as { data: unknown }).data);
      return { ok: true };
    };
    await until(() => tide.state === "online");
    const all = Promise.all(numbers(1, 4).map((number) => tide.publish("chat:1", number)));
    await until(() => stored.length === 4, time);
    await all;
    expect(stored).toEqual(numbers(1, 4));
  });
});

describe("what cannot be published is rejected with an Error", () => {
  it("as timeout after 4 minutes without an answer, also when the thread slept through them", async () => {
    const { script, phone, clock: time, tide } = scripted();
    script.reply = () => undefined;
    await until(() => tide.state === "online");
    const sent = tide.publish("chat:1", 1).catch(codeOf);
    await until(() => script.requests.length === 1);
    phone.hide();
    phone.suspend();
    time.advance(29 * minute);
    phone.show();
    expect(await sent).toBe("timeout");
    await until(() => tide.state === "online");
    await turn();
    expect(script.requests.filter(({ event }) => event === "publish")).toHaveLength(1);
  });

  it("as unavailable when it could never be sent", async () => {
    const { script, clock: time, tide } = scripted({ outbox: { age: 30 * minute } });
    script.answers = ["close"];
    const sent = tide.publish("chat:1", 1).catch(codeOf);
    time.advance(29 * minute);
    await turn();
    expect(await Promise.race([sent, "waiting"])).toBe("waiting");
    time.advance(2 * minute);
    expect(await sent).toBe("unavailable");
  });

  it("when too many wait", async () => {
    const { script, tide } = scripted({ outbox: { size: 2 } });
    script.answers = ["close"];
    const outcomes = numbers(1, 3).map((number) => tide.publish("chat:1", number).catch(codeOf));
    expect(await outcomes[2]).toBe("limit_exceeded");
    tide.close();
    expect(await Promise.all(outcomes)).toEqual(["disconnected", "disconnected", "limit_exceeded"]);
  });

  it.each([
    ["text", "é".repeat(20), 40],
    ["wide text", "語😀".repeat(6), 42],
  ])("when it is too large (%s), before it costs the connection", async (_name, data, bytes) => {
    const fits = scripted({ outbox: { bytes: bytes + 2 } });
    await fits.tide.publish("chat:1", data);
    stopApps();
    const { script, tide } = scripted({ outbox: { bytes: bytes - 1 } });
    await expect(tide.publish("chat:1", data)).rejects.toMatchObject({ code: "too_large" });
    expect(script.requests).toEqual([]);
  });

  it("when a binary value in it is too large", async () => {
    const { tide } = scripted({ outbox: { bytes: 49 } });
    const sent = tide.publish("chat:1", { bytes: new Uint8Array(50) });
    await expect(sent).rejects.toMatchObject({ code: "too_large" });
  });

  it("when the gateway refuses it", async () => {
    const { script, tide } = scripted();
    const error = { code: "too_large", message: "The payload is larger than the limit.", retryable: false };
    script.reply = () => ({ ok: false, error });
    await expect(tide.publish("chat:1", 1)).rejects.toThrow(error.message);
  });
});
