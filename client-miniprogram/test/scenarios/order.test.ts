import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Channel } from "../../src/index.ts";
import { appLog } from "../support/app-log.ts";
import { record, startApp, stopApps } from "../support/apps.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import { turn, until } from "../support/waiting.ts";

let gateway: ScriptedGateway;
let app: ReturnType<typeof startApp>;
let room: Channel<number>;
let seen: (number | "reset")[];

const subscribes = () => gateway.requests.filter(({ event }) => event === "subscribe");
const say = (position: string, data: number) =>
  gateway.emit("message", { channel: "chat:1", data, position, time: 1 });

/** Answers subscribes with what stands in `answers`, by turns; the last one goes on. */
function answerSubscribes(...answers: object[]): void {
  gateway.reply = (event) => {
    if (event !== "subscribe") return { ok: true };
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return { ok: true, results: [{ ok: true, channel: "chat:1", messages: [], ...answer }] };
  };
}

beforeEach(async () => {
  gateway = new ScriptedGateway();
  app = startApp("wss://gateway.test", {}, { network: gateway.network });
  await until(() => app.tide.state === "online");
  answerSubscribes({ position: "e:5" });
  room = app.tide.channel<number>("chat:1");
  seen = record(room);
  await until(() => room.position === "e:5");
});
afterEach(stopApps);

describe("a live message", () => {
  it("that comes in one read with the reply to the subscribe is had", async () => {
    gateway.reply = () => {
      // Ahead of the promises that the reply settles.
      queueMicrotask(() =>
        gateway.emit("message", { channel: "quote:1", data: 7, position: "q:1", time: 1 }),
      );
      return {
        ok: true,
        results: [{ ok: true, channel: "quote:1", position: "q:0", messages: [], latest: true }],
      };
    };
    const quotes = record(app.tide.channel<number>("quote:1"));
    await until(() => subscribes().length === 2);
    await until(() => quotes.length > 0);
    expect(quotes).toEqual([7]);
  });

  it("that was had already is dropped", async () => {
    for (const [position, data] of [
      ["e:6", 6],
      ["e:6", 6],
      ["e:5", 5],
      ["e:7", 7],
    ] as const)
      say(position, data);
    await until(() => seen.includes(7));
    expect(seen).toEqual([6, 7]);
    expect(subscribes()).toHaveLength(1);
  });

  it.each([
    ["leaves a hole", "e:8"],
    ["is of another epoch", "f:6"],
  ])("that %s makes it subscribe again from the last", async (_name, position) => {
    const missed = [6, 7, 8].map((data) => ({ channel: "chat:1", data, position: `e:${data}`, time: 1 }));
    answerSubscribes({ recovered: true, position: "e:8", messages: missed });
    say(position, 8);
    say(position, 8);
    await until(() => seen.includes(8));
    say("e:9", 9);
    await until(() => seen.includes(9));
    expect(seen).toEqual([6, 7, 8, 9]);
    expect(subscribes().slice(1)).toEqual([
      { event: "subscribe", payload: [{ channel: "chat:1", since: "e:5", maxBytes: 131_072 }] },
    ]);
  });

  it("may have been passed over, where only its position is told", async () => {
    gateway.emit("position", { channel: "chat:1", position: "e:6" });
    say("e:7", 7);
    await until(() => seen.includes(7));
    expect(seen).toEqual([7]);
    expect(subscribes()).toHaveLength(1);
  });

  it("of a channel that the page has left is not told to it", async () => {
    room.close();
    say("e:6", 6);
    await turn(10);
    expect(seen).toEqual([]);
    expect(gateway.requests.at(-1)).toEqual({ event: "unsubscribe", payload: { channel: "chat:1" } });
  });
});

describe("a subscription that the gateway ends", () => {
  it("is renewed where that is worth it; what cannot be had any more is a reset", async () => {
    answerSubscribes({ recovered: false, position: "f:3" });
    const error = { code: "gap", message: "gone", retryable: true };
    gateway.emit("unsubscribed", { channel: "chat:1", error });
    await until(() => seen.includes("reset"));
    say("f:4", 4);
    await until(() => seen.includes(4));
    expect(seen).toEqual(["reset", 4]);
  });

  it("is over where it is not", async () => {
    const errors: string[] = [];
    room.on("error", ({ code }) => errors.push(code));
    gateway.emit("unsubscribed", {
      channel: "chat:1",
      error: { code: "forbidden", message: "no", retryable: false },
    });
    await until(() => errors.length > 0);
    gateway.peer.close();
    await until(() => gateway.handshakes.length === 2 && app.tide.state === "online", app.clock);
    expect(gateway.handshakes[1]?.resume).toEqual([]);
    expect(errors).toEqual(["forbidden"]);
  });
});

describe("a subscription that a backend makes", () => {
  it("is heard while the connection lasts, and not asked for again", async () => {
    const heard: unknown[] = [];
    app.tide.on("message", ({ channel, data }) => heard.push([channel, data]));
    gateway.emit("subscribed", { ok: true, channel: "live:1", position: "e:1", messages: [] });
    gateway.emit("message", { channel: "live:1", data: "granted", position: "e:2", time: 1 });
    await until(() => heard.length === 1);
    gateway.peer.close();
    await until(() => gateway.handshakes.length === 2 && app.tide.state === "online", app.clock);
    expect(heard).toEqual([["live:1", "granted"]]);
    expect(gateway.handshakes[1]?.resume).toEqual([{ channel: "chat:1", since: "e:5", maxBytes: 32_768 }]);
  });
});

describe("a channel that a backend grants after a refusal", () => {
  const error = { code: "forbidden", message: "no", retryable: false };
  const grant = (channel: string) =>
    gateway.emit("subscribed", { ok: true, channel, position: "e:9", messages: [] });

  it("goes on with a reset where messages lie between, and is not asked for again", async () => {
    const errors: unknown[] = [];
    room.on("error", (refusal) => errors.push(refusal));
    gateway.emit("unsubscribed", { channel: "chat:1", error });
    await until(() => errors.length === 1);
    grant("chat:1");
    say("e:10", 10);
    await until(() => seen.length === 2);
    expect(seen).toEqual(["reset", 10]);
    expect(subscribes()).toHaveLength(1);
  });

  it("begins there where it was never had", async () => {
    answerSubscribes({ ok: false, channel: "chat:2", error });
    const other = app.tide.channel<number>("chat:2");
    const had = record(other);
    const errors: unknown[] = [];
    other.on("error", (refusal) => errors.push(refusal));
    await until(() => errors.length === 1);
    grant("chat:2");
    gateway.emit("message", { channel: "chat:2", data: 10, position: "e:10", time: 1 });
    await until(() => had.length === 1);
    expect(had).toEqual([10]);
    expect(subscribes()).toHaveLength(2);
  });
});

describe("a channel that no gateway would take", () => {
  it.each([
    ["no name", undefined, {}],
    ["an empty name", "", {}],
    ["a name that is too long", "a".repeat(256), {}],
    ["a name of too many bytes", "时".repeat(86), {}],
    ["a name with a space", "chat: 2", {}],
    ["a name with a control character", "chat:\u0007", {}],
    ["a name with one of the others", "chat:\u0085", {}],
    ["a name with an invisible character", "chat:\u200b", {}],
    ["a name with half a character", "chat:\ud83d", {}],
    ["a name in the form of a socket's id", "a1_-".repeat(5), {}],
    ["a name that begins with a brace", "}chat", {}],
    ["a position that is too long", "chat:2", { since: "e".repeat(129) }],
    ["a position that is none", "chat:2", { since: 5 }],
    ["a token that is none", "chat:2", { token: {} }],
  ])("%s is told at once, and costs the others nothing", async (_name, name, options) => {
    expect(() => app.tide.channel(name as string, options as object)).toThrow(
      expect.objectContaining({ code: "bad_request" }),
    );
    gateway.peer.close();
    await until(() => gateway.handshakes.length === 2 && app.tide.state === "online", app.clock);
    expect(gateway.handshakes[1]?.resume).toEqual([{ channel: "chat:1", since: "e:5", maxBytes: 32_768 }]);
  });
});

it.each(["时".repeat(85), "chat:👩‍👩‍👧", "chat:é%00", "ÂÃ:\u00a1"])("`%s` is a name", (name) => {
  expect(app.tide.channel(name).name).toBe(name);
});

describe("many channels", () => {
  it("are asked for in frames that the gateway takes", async () => {
    const sizes: number[] = [];
    gateway.reply = (_event, payload) => {
      sizes.push(JSON.stringify(payload).length);
      const items = payload as { channel: string }[];
      return {
        ok: true,
        results: items.map(({ channel }) => ({ ok: true, channel, position: "e:0", messages: [] })),
      };
    };
    const token = "t".repeat(1_000);
    const rooms = Array.from({ length: 60 }, (_, index) => app.tide.channel(`wide:${index}`, { token }));
    await until(() => rooms.every(({ position }) => position === "e:0"));
    expect(Math.max(...sizes)).toBeLessThan(20_000);
    expect(sizes.length).toBeGreaterThan(3);
  });
});

describe("presence", () => {
  it("is put together from its pages and what happened meanwhile", async () => {
    const user = (name: string) => ({ user: name, state: "online", connections: 1 });
    gateway.reply = (event, payload) => {
      if (event === "subscribe") {
        return { ok: true, results: [{ ok: true, channel: "chat:2", position: "e:1", messages: [] }] };
      }
      if (event !== "presence") return { ok: true };
      if (!(payload as { cursor?: string }).cursor) {
        gateway.emit("left", { channel: "chat:2", user: "ann" });
        gateway.emit("joined", { channel: "chat:2", user: "dan", info: { name: "Dan" } });
        return { ok: true, total: 3, users: [user("ann"), user("bob")], cursor: "bob" };
      }
      return { ok: true, total: 3, users: [user("cai")] };
    };
    const other = app.tide.channel("chat:2", { presence: true });
    await until(() => other.presence.length === 3);
    gateway.emit("away", { channel: "chat:2", user: "bob", since: 7 });
    await until(() => other.presence.some(({ state }) => state === "away"));
    const dan = { ...user("dan"), info: { name: "Dan" } };
    expect(other.presence).toEqual([{ ...user("bob"), state: "away", since: 7 }, user("cai"), dan]);
    gateway.emit("back", { channel: "chat:2", user: "bob" });
    await until(() => other.presence.every(({ state }) => state === "online"));
    expect(other.presence).toEqual([user("bob"), user("cai"), dan]);
  });
});

describe("presence that cannot be read", () => {
  it("is told, and what happens after that is shown", async () => {
    gateway.reply = (event) => {
      if (event === "subscribe") {
        return { ok: true, results: [{ ok: true, channel: "chat:3", position: "e:1", messages: [] }] };
      }
      return { ok: false, error: { code: "forbidden", message: "", retryable: false } };
    };
    const other = app.tide.channel("chat:3", { presence: true });
    const errors: string[] = [];
    other.on("error", ({ code }) => errors.push(code));
    await until(() => errors.length > 0);
    gateway.emit("joined", { channel: "chat:3", user: "dan" });
    await until(() => other.presence.length > 0);
    expect(other.presence).toEqual([{ user: "dan", state: "online", connections: 1 }]);
    expect(errors).toEqual(["forbidden"]);
  });
});

describe("a channel token's function", () => {
  it("that brings none is an error, and not asked for ever", async () => {
    let calls = 0;
    const token = async () => {
      calls += 1;
      return undefined as unknown as string;
    };
    const errors: string[] = [];
    app.tide.channel("secret:1", { token }).on("error", ({ code }) => errors.push(code));
    await until(() => errors.length > 0);
    await turn(50);
    expect({ errors, asked: calls <= 2 }).toEqual({ errors: ["unauthorized"], asked: true });
  });

  it("that fails once is asked again", async () => {
    const mistakes = appLog();
    answerSubscribes({ channel: "secret:2", position: "s:1" });
    const answers = [Promise.reject(new Error("the backend is away")), Promise.resolve("a token")];
    const other = app.tide.channel("secret:2", { token: () => answers.shift() ?? "" });
    const errors: unknown[] = [];
    other.on("error", (error) => errors.push(error));
    await until(() => other.position === "s:1" && mistakes.length === 1, app.clock);
    expect(errors).toEqual([]);
    expect(mistakes.map(String)).toEqual(["Error: the backend is away"]);
  });
});

describe("an event of a backend's own", () => {
  it("is handed on by its name", async () => {
    const events: unknown[] = [];
    app.tide.on("event", (name, args) => events.push([name, args]));
    gateway.emit("typing", { user: "bob" });
    await until(() => events.length === 1);
    expect(events).toEqual([["typing", [{ user: "bob" }]]]);
  });
});

describe("a page's mistake", () => {
  it("does not stop the others, nor the order", async () => {
    const thrown: unknown[] = [];
    const caught = (error: unknown) => thrown.push(error);
    process.once("uncaughtException", caught);
    const other = app.tide.channel<number>("chat:1");
    room.on("message", () => {
      throw new Error("the page's own");
    });
    const second = record(other);
    say("e:6", 6);
    await until(() => second.length === 1 && thrown.length === 1);
    expect(second).toEqual([6]);
  });
});
