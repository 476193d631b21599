import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { version } from "../../src/version.ts";
import { ignoring, startAdapterNode } from "../backplane/redis/adapter-node.ts";
import type { Gateway } from "../support/gateway.ts";
import { RedisServer } from "../support/redis-server.ts";
import { until } from "../support/until.ts";
import { presentIn, type Recording, recordings, store } from "./recording.ts";
import { type Message, Spy } from "./spy.ts";
import { Stage } from "./stage.ts";

interface Order {
  id: string;
  from: string;
  command: object;
}

interface Report {
  id: string;
  from: string;
  connections: { connection: string; user: string }[];
}

let server: RedisServer;
let client: Redis;
let stage: Stage;

beforeEach(async () => {
  server = await RedisServer.start();
  client = new Redis(server.port, "127.0.0.1");
  stage = await Stage.open();
});

afterEach(async () => {
  await stage.stop();
  client.disconnect();
  await server.stop();
});

/** The recording in the present of the server, with what it stored in it, and leases that hold. */
async function restore(recording: Recording): Promise<Recording> {
  const present = await presentIn(client);
  const now = JSON.parse(present(JSON.stringify(recording))) as Recording;
  for (const entry of now.entries) {
    await store(client, entry);
    if (entry.key.endsWith(":leases") && "sorted" in entry.value) {
      for (const [lease] of entry.value.sorted) await client.zadd(entry.key, Date.now() + 60_000, lease);
    }
  }
  return now;
}

function bytesOf({ bytes }: Message): Buffer {
  return Buffer.from(bytes, "latin1");
}

const isOrder = ({ channel }: Message) => channel.endsWith(":commands");
const isReport = ({ channel }: Message) => channel.includes(":replies:");
const orders = ({ messages }: Recording) =>
  messages.filter(isOrder).map(({ bytes }) => JSON.parse(bytes) as Order);
const reports = ({ messages }: Recording) =>
  messages.filter(isReport).map(({ bytes }) => JSON.parse(bytes) as Report);

function channelOf({ messages }: Recording, which: (message: Message) => boolean): string {
  return messages.find(which)?.channel ?? "";
}

/** A recorded message with the epochs that channels have here. */
function withEpochs(recording: Recording, epochs: ReadonlyMap<string, string>): Recording {
  const text = recording.heard.reduce((rest, { payload: { channel, position } }) => {
    const recorded = String(position ?? "").split(":")[0];
    return recorded ? rest.replaceAll(recorded, epochs.get(String(channel)) ?? recorded) : rest;
  }, JSON.stringify(recording));
  return JSON.parse(text) as Recording;
}

async function expectNoneMalformed(gateway: Gateway): Promise<void> {
  expect(await gateway.metric("tidegate_malformed_messages_total")).toBe(0);
}

it("this version is recorded", () => {
  const versions = recordings().map((recording) => recording.version);
  expect(versions, "run `npm run record --workspace gateway`").toContain(version);
});

describe.each(recordings())("beside a node of $version", (recorded) => {
  it("what it stored is read as it was", async () => {
    const recording = await restore(recorded);
    const gateway = await stage.start("new", server.url);
    for (const { method, path, body, answer } of recording.calls) {
      const { status, body: given } = await gateway.call(method, path, body);
      expect({ path, status, given }).toMatchObject({ path, status: 200, given: answer });
    }
    await expectNoneMalformed(gateway);
  });

  it("clients continue at the positions that it gave them", async () => {
    const recording = await restore(recorded);
    const gateway = await stage.start("new", server.url);
    const eve = await stage.connect(gateway, "eve");
    const histories = recording.calls.filter(({ path }) => path.startsWith("/v1/history"));
    expect(histories.length).toBeGreaterThan(0);
    for (const { path, answer } of histories) {
      const [first, ...rest] = answer.messages as { position: string; data: unknown }[];
      const channel = new URL(path, gateway.api).searchParams.get("channel");
      const reply = await eve.request("subscribe", { channel, since: first?.position });
      expect(reply).toMatchObject({ recovered: true, position: answer.position });
      expect((reply.messages as { position: string }[]).map(({ position }) => position)).toEqual(
        rest.map(({ position }) => position),
      );
    }
  });

  it("who was revoked there is refused here", async () => {
    const recording = await restore(recorded);
    const users = recording.entries.flatMap(({ key }) => /:revoked:(.+)$/.exec(key)?.[1] ?? []);
    expect(users.length).toBeGreaterThan(0);
    const gateway = await stage.start("new", server.url);
    for (const user of users) {
      const refused = await stage.dial(gateway, user);
      await until(() => refused.refusal !== undefined, `${user} is let in`);
      expect(refused.refusal).toBe("unauthorized");
    }
    expect((await stage.connect(gateway, "eve")).refusal).toBeUndefined();
  });

  it("what it publishes reaches the clients here", async () => {
    const gateway = await stage.start("new", server.url);
    const lena = await stage.connect(gateway, "lena");
    const epochs = new Map<string, string>();
    for (const channel of new Set(recorded.heard.map(({ payload }) => String(payload.channel)))) {
      const { position } = await lena.request("subscribe", { channel });
      epochs.set(channel, String(position ?? "").split(":")[0] ?? "");
    }
    lena.received.length = 0;
    const { messages, heard } = withEpochs(recorded, epochs);
    for (const message of messages) {
      if (!isOrder(message) && !isReport(message)) await client.publish(message.channel, bytesOf(message));
    }
    await until(() => lena.received.length >= heard.length, "not everything arrives");
    expect(JSON.parse(JSON.stringify(lena.received))).toMatchObject(heard);
    await expectNoneMalformed(gateway);
  });

  it("its commands are done here, with replies that it can read", async () => {
    const gateway = await stage.start("new", server.url);
    const spy = await Spy.place(server);
    const answers = reports(recorded);
    expect(orders(recorded).length).toBe(answers.length);
    for (const [index, order] of orders(recorded).entries()) {
      const [connection] = answers[index]?.connections ?? [];
      const user = connection?.user ?? "";
      const { id } =
        stage.clients.find((one) => one.connected && one.user === user) ??
        (await stage.connect(gateway, user));
      const asked = JSON.stringify(order).replaceAll(connection?.connection ?? "-", id);
      await client.publish(channelOf(recorded, isOrder), asked);
      const reply = () => spy.messages.find((one) => isReport(one) && one.bytes.includes(order.id));
      await until(() => reply() !== undefined, `no reply to ${asked}`);
      const report = JSON.parse(reply()?.bytes ?? "") as Report;
      const here = { ...connection, connection: id, node: "new" };
      expect(report).toMatchObject({ id: order.id, connections: [here] });
    }
    spy.stop();
    await expectNoneMalformed(gateway);
  });

  it("it is asked by commands that it knows, and its replies are read", async () => {
    const recording = await restore(recorded);
    const gateway = await stage.start("new", server.url);
    const subscriber = client.duplicate();
    const known = orders(recording).find(
      ({ command }) => "kind" in command && command.kind === "connections",
    );
    const answer = reports(recording).find(({ id }) => id === known?.id);
    const addresses = new Set(
      reports(recording)
        .flatMap(({ from }) => from)
        .concat(orders(recording).map(({ from }) => from)),
    );
    const replies = channelOf(recording, isReport).replace(orders(recording)[0]?.from ?? "", "");
    const asked: Order[] = [];
    subscriber.on("message", (_channel, bytes: string) => {
      const order = JSON.parse(bytes) as Order;
      asked.push(order);
      for (const from of addresses) {
        const connections = from === answer?.from ? answer.connections : [];
        void client.publish(
          replies + order.from,
          JSON.stringify({ ...answer, id: order.id, from, connections }),
        );
      }
    });
    await subscriber.subscribe(channelOf(recording, isOrder));
    const { body } = await gateway.call("GET", "/v1/connections?user=lena");
    subscriber.disconnect();
    expect(asked).toMatchObject([{ command: known?.command }]);
    expect(body).toEqual({ connections: answer?.connections });
    const { body: all } = await gateway.call("GET", "/v1/nodes");
    const nodes = recording.nodes.map((node) =>
      expect.objectContaining({ node, version: recording.version }),
    );
    expect(all.nodes).toEqual(expect.arrayContaining(nodes));
    await expectNoneMalformed(gateway);
  });

  it("Socket.IO's operations of its are done here, and its responses are read", async () => {
    const node = await startAdapterNode(server, "new");
    node.client.on("ask", (answer: (value: unknown) => void) => answer(1));
    const { messages, received } = recorded.peers;
    const isResponse = ({ channel }: Message) => channel.startsWith("socket.io-response");
    const first = messages.findIndex(({ channel }) => channel === "socket.io#/#");
    for (const message of messages.slice(0, first)) await client.publish(message.channel, bytesOf(message));
    await until(() => node.socket.rooms.has("another"), "the socket does not join");
    await node.backplane.broker.subscribe("room", undefined, ignoring);
    for (const message of messages.slice(first)) {
      // What is for one node alone is told to all, as stock adapters do.
      const name = isResponse(message) ? "socket.io-response#/#" : message.channel;
      expect(await client.publish(name, bytesOf(message))).toBeGreaterThan(0);
    }
    await until(() => !node.client.connected, "the socket is not disconnected");
    const events = node.received.filter(([event]) => event !== "ask");
    expect(JSON.parse(JSON.stringify(events))).toEqual(received);
    expect(node.malformed()).toBe(0);
    await node.stop();
  });
});
