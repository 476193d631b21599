/** Records what this version writes to Redis in `test/compat/VERSION.json`: `npm run record`. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../src/version.ts";
import type { Gateway } from "../support/gateway.ts";
import { RedisServer } from "../support/redis-server.ts";
import { until } from "../support/until.ts";
import { Normal, normalTtl } from "./normal.ts";
import { recordPeers } from "./peers.ts";
import type { Call, Recording } from "./recording.ts";
import { Spy } from "./spy.ts";
import { type Client, Stage } from "./stage.ts";

/** Events of channels, which a node is told of by Redis. */
const published = ["message", "joined", "left", "away", "back"];

const nodes = ["old-one", "old-two"] as const;

async function post({ call }: Gateway, path: string, body: unknown): Promise<Record<string, unknown>> {
  const { status, body: answer } = await call("POST", path, body);
  if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`);
  return answer;
}

/** Publications of every kind: plain, with an id, with binary data, without the sender, beyond the history, not kept. */
async function publish(one: Gateway, paul: Client, lena: Client): Promise<void> {
  await post(one, "/v1/publish", { channel: "log:a", data: { text: "é 😀" } });
  await post(one, "/v1/publish", { channel: "log:a", data: "with an id", id: "m-1" });
  await paul.request("publish", { channel: "log:a", data: { bytes: Buffer.from([0, 255, 10]) }, id: "m-2" });
  await paul.request("publish", { channel: "log:a", data: "not to me", echo: false });
  for (const data of [1, 2, 3, 4, 5, 6, 7]) await post(one, "/v1/publish", { channel: "log:b", data });
  await post(one, "/v1/publish", { channel: "open:a", data: "not kept", id: "m-3" });
  await lena.next("message", 12);
}

/** A user who is there, one who is away, and one who has left. */
async function populate(stage: Stage, one: Gateway, lena: Client): Promise<void> {
  const [ann, bob, tom] = [
    await stage.connect(one, "ann"),
    await stage.connect(one, "bob"),
    await stage.connect(one, "tom"),
  ];
  let joined = 0;
  for (const client of [ann, bob, tom]) {
    await client.request("subscribe", { channel: "room:a" });
    joined += 1;
    await lena.next("joined", joined);
  }
  await bob.request("away", {});
  await lena.next("away");
  await bob.request("back", {});
  await lena.next("back");
  await bob.request("away", {});
  await lena.next("away", 2);
  await tom.request("unsubscribe", { channel: "room:a" });
  await lena.next("left");
}

/** Every command of a backend, with what it does on the other node. */
async function command(stage: Stage, one: Gateway, two: Gateway, lena: Client): Promise<void> {
  const [max, rita] = [await stage.connect(two, "max"), await stage.connect(two, "rita")];
  await one.call("GET", "/v1/connections?user=lena");
  await post(one, "/v1/subscribe", { user: "lena", channel: "log:c" });
  await lena.next("subscribed");
  await post(one, "/v1/unsubscribe", { user: "lena", channel: "log:c" });
  await lena.next("unsubscribed");
  await post(one, "/v1/disconnect", { user: "max", reconnect: false });
  await max.next("goodbye");
  const again = await stage.connect(two, "max");
  await post(one, "/v1/disconnect", { connection: again.id, reconnect: true });
  await again.next("goodbye");
  await post(one, "/v1/revoke", { user: "rita" });
  await rita.next("goodbye");
}

async function ask(one: Gateway): Promise<Call[]> {
  const questions: Omit<Call, "answer">[] = [
    { method: "GET", path: "/v1/history?channel=log%3Aa" },
    { method: "GET", path: "/v1/history?channel=log%3Ab&since=start" },
    { method: "GET", path: "/v1/presence?channel=room%3Aa" },
    { method: "POST", path: "/v1/publish", body: { channel: "log:a", data: "again", id: "m-1" } },
    { method: "POST", path: "/v1/publish", body: { channel: "open:a", data: "again", id: "m-3" } },
  ];
  const calls: Call[] = [];
  for (const question of questions) {
    const { body: answer } = await one.call(question.method, question.path, question.body);
    calls.push({ ...question, answer });
  }
  return calls;
}

async function record(): Promise<string> {
  const server = await RedisServer.start();
  const spy = await Spy.place(server);
  const stage = await Stage.open();
  try {
    const [one, two] = [await stage.start(nodes[0], server.url), await stage.start(nodes[1], server.url)];
    const [lena, paul] = [await stage.connect(two, "lena"), await stage.connect(one, "paul")];
    for (const channel of ["log:a", "log:b", "open:a", "room:a"]) {
      await lena.request("subscribe", { channel });
    }
    // Nobody has heard yet that she joined.
    await until(() => spy.messages.splice(0).length > 0, "she does not join");
    await publish(one, paul, lena);
    await populate(stage, one, lena);
    await command(stage, one, two, lena);
    const calls = await ask(one);
    const entries = (await spy.entries()).map((entry) =>
      entry.ttl === undefined ? entry : { ...entry, ttl: normalTtl(entry.ttl) },
    );
    const heard = lena.received.filter(({ event }) => published.includes(event));
    const peers = await recordPeers();
    const { messages, received, ids } = peers;
    const recording: Recording = {
      version,
      nodes,
      entries,
      messages: spy.messages,
      heard,
      calls,
      peers: { messages, received },
    };
    const connections = [...stage.clients.map(({ id }) => id), ...ids].filter((id) => id !== "");
    return `${JSON.stringify(new Normal(connections).of(JSON.parse(JSON.stringify(recording))), null, 1)}\n`;
  } finally {
    await stage.stop();
    spy.stop();
    await server.stop();
  }
}

const file = join(import.meta.dirname, `${version}.json`);
writeFileSync(file, await record());
process.stdout.write(`${file}\n`);
process.exit();
