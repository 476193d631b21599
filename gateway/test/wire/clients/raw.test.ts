import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Message, SubscribeReply } from "../../../src/protocol/events.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { RawClient } from "./raw-client.ts";
import { until } from "./recorder.ts";

const now = 1_900_000_000_000;
const epoch = "[A-Za-z0-9_.-]+";

let gateway: Gateway;
const clients: RawClient[] = [];

async function open(url = gateway.url): Promise<RawClient> {
  const client = await RawClient.open(url);
  clients.push(client);
  return client;
}

/** Connected and welcomed; the next frame is the fourth. */
async function connect(user: string): Promise<RawClient> {
  const client = await open();
  client.send(`40{"token":"${await issue(user)}"}`);
  await client.frame(2);
  return client;
}

async function issue(user: string): Promise<string> {
  const { body } = await gateway.call("POST", "/v1/tokens", { user });
  return String(body.token);
}

beforeAll(async () => {
  gateway = await startGateway({ env: { TIDEGATE_NODE_ID: "node-1" }, now: () => now });
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

afterAll(() => gateway.stop());

function messageOf(frame: string): Message {
  const [, message] = JSON.parse(frame.slice(2)) as [string, Message];
  return message;
}

/** The text with its regular expressions standing for what a run makes up. */
function framed(parts: TemplateStringsArray, ...patterns: string[]): RegExp {
  const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${String.raw({ raw: parts.raw.map(literal) }, ...patterns)}$`);
}

describe("a client that writes its frames by hand", () => {
  it("is opened, connected and welcomed with exactly three frames", async () => {
    const client = await open();
    const id = "[A-Za-z0-9_-]{20}";
    expect(await client.frame(0)).toMatch(
      framed`0{"sid":"${id}","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":65536}`,
    );
    client.send(`40{"token":"${await issue("alice")}"}`);
    expect(await client.frame(1)).toMatch(framed`40{"sid":"${id}"}`);
    expect(await client.frame(2)).toMatch(
      framed`42["welcome",{"connection":"${id}","user":"alice","node":"node-1","time":1900000000000,"expiresAt":1900003600000,"channels":[{"ok":true,"channel":"user:alice","position":"${epoch}:0","messages":[]}]}]`,
    );
    expect(client.frames).toHaveLength(3);
  });

  it("gets acknowledgements by their ids, and messages", async () => {
    const client = await connect("alice");
    client.send('420["subscribe",{"channel":"chat:raw"}]');
    const reply = await client.frame(3);
    expect(reply).toMatch(
      framed`430[{"ok":true,"channel":"chat:raw","position":"${epoch}:0","messages":[]}]`,
    );
    const [, position = ""] = /"position":"([^"]+):0"/.exec(String(reply)) ?? [];
    client.send('4217["publish",{"channel":"chat:raw","data":{"a":[1,"é"]},"id":"m1"}]');
    await client.frame(5);
    expect(new Set(client.frames.slice(4))).toEqual(
      new Set([
        `42["message",{"channel":"chat:raw","data":{"a":[1,"é"]},"id":"m1","user":"alice","time":${now},"position":"${position}:1"}]`,
        `4317[{"ok":true,"position":"${position}:1"}]`,
      ]),
    );
    client.send('421["subscribe",{"channel":"chat:raw","since":"start"}]');
    expect(await client.frame(6)).toBe(
      `431[{"ok":true,"channel":"chat:raw","position":"${position}:1","recovered":true,"messages":[{"channel":"chat:raw","data":{"a":[1,"é"]},"id":"m1","user":"alice","time":${now},"position":"${position}:1"}]}]`,
    );
  });

  it("gets and sends binary data as attachments, live and from the history", async () => {
    const client = await connect("alice");
    const channel = "chat:raw-binary";
    client.send(`420["subscribe",{"channel":"${channel}"}]`);
    await client.frame(3);
    const publish = `451-["publish",{"channel":"${channel}","data":{"_placeholder":true,"num":0}}]`;
    client.send(publish, Buffer.from([1, 2]), publish, Buffer.from([3]));
    await client.frame(7);
    const message = (offset: number, num: number) =>
      `{"channel":"${channel}","data":{"_placeholder":true,"num":${num}},"user":"alice","time":${now},"position":"E:${offset}"}`;
    const withoutEpoch = (frame: string | Buffer | undefined) =>
      typeof frame === "string" ? frame.replaceAll(new RegExp(`"${epoch}:(\\d+)"`, "g"), '"E:$1"') : frame;
    expect(client.frames.slice(4).map(withoutEpoch)).toEqual([
      `451-["message",${message(1, 0)}]`,
      Buffer.from([1, 2]),
      `451-["message",${message(2, 0)}]`,
      Buffer.from([3]),
    ]);
    client.send(`421["subscribe",{"channel":"${channel}","since":"start"}]`);
    await client.frame(10);
    expect(client.frames.slice(8).map(withoutEpoch)).toEqual([
      `462-1[{"ok":true,"channel":"${channel}","position":"E:2","recovered":true,"messages":[${message(1, 0)},${message(2, 1)}]}]`,
      Buffer.from([1, 2]),
      Buffer.from([3]),
    ]);
  });

  it("gets no live message before its subscribe reply, and none missing or twice behind it", async () => {
    for (let round = 0; round < 5; round += 1) {
      const client = await connect("alice");
      const channel = `chat:raw-order-${round}`;
      const published = Array.from({ length: 40 }, async (_, data) => {
        if (data === 20) client.send(`420["subscribe",{"channel":"${channel}","since":"start"}]`);
        return gateway.call("POST", "/v1/publish", { channel, data });
      });
      await Promise.all(published);
      const [reply] = JSON.parse((await client.starting("430[")).slice(3)) as [SubscribeReply];
      const live = () => client.frames.filter((frame) => String(frame).startsWith('42["message"'));
      await until(() => reply.messages.length + live().length >= 40);
      expect(client.frames.findIndex((frame) => String(frame).startsWith("430["))).toBe(3);
      const messages = [...reply.messages, ...live().map((frame) => messageOf(String(frame)))];
      const offsets = messages.map(({ position }) => Number(position?.split(":")[1]));
      expect(offsets).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    }
  });

  it.each(["publish", "subscribe", "history"])(
    "gets the error of a `%s` in the acknowledgement, or as `failed` where it asked for none",
    async (event) => {
      const client = await connect("alice");
      const request = `["${event}",{"channel":"user:bob","data":1}]`;
      client.send(`420${request}`, `42${request}`);
      await client.frame(4);
      const error = '{"code":"forbidden","message":"The rules do not allow this.","retryable":false}';
      expect(client.frames.slice(3)).toEqual([
        `430[{"ok":false,"error":${error}}]`,
        `42["failed",{"event":"${event}","error":${error}}]`,
      ]);
    },
  );

  it("is refused with CONNECT_ERROR, DISCONNECT and a close", async () => {
    const client = await open();
    client.send('40{"token":"no token"}');
    await until(() => client.closed);
    const message = "The credentials were not accepted.";
    expect(client.frames.slice(1)).toEqual([
      `44{"message":"${message}","data":{"code":"unauthorized","message":"${message}","retryable":false}}`,
      "41",
    ]);
  });

  it("is told goodbye, then closed: with DISCONNECT where it is to stay away, without to come back", async () => {
    for (const reconnect of [true, false]) {
      const client = await connect("leaver");
      await gateway.call("POST", "/v1/disconnect", { user: "leaver", reconnect });
      await until(() => client.closed);
      const goodbye = `42["goodbye",{"code":"disconnected","reconnect":${reconnect}}]`;
      expect(client.frames.slice(3)).toEqual(reconnect ? [goodbye] : [goodbye, "41"]);
    }
  });

  it("is pinged, stays while it answers, and is closed once it does not", async () => {
    const pinging = await startGateway({
      env: { TIDEGATE_PING_INTERVAL: "20ms", TIDEGATE_PING_TIMEOUT: "2s" },
    });
    try {
      const client = await open(pinging.url);
      client.send(`40{"token":"${await pinging.token("alice")}"}`);
      const pings = () => client.frames.filter((frame) => frame === "2").length;
      for (let count = 1; count <= 5; count += 1) {
        await until(() => pings() >= count);
        client.send("3");
      }
      await until(() => client.closed);
      expect(pings()).toBe(6);
      expect(await pinging.metric("tidegate_connections_closed_total", 'reason="ping_timeout"')).toBe(1);
    } finally {
      await pinging.stop();
    }
  });
});
