import { type AdapterNode, ignoring, startAdapterNode } from "../backplane/redis/adapter-node.ts";
import { RedisServer } from "../support/redis-server.ts";
import { until } from "../support/until.ts";
import { type Message, Spy } from "./spy.ts";

/** Two Socket.IO servers on a Redis; `run` is done with them when both know of each other. */
async function withTwo<Result>(
  run: (one: AdapterNode, other: AdapterNode, spy: Spy) => Promise<Result>,
): Promise<Result> {
  const server = await RedisServer.start();
  const one = await startAdapterNode(server, "one");
  const other = await startAdapterNode(server, "other");
  const count = async () => (await one.io.of("/").adapter.serverCount()) === 2;
  await until(count, "the servers do not find each other");
  await until(async () => (await one.io.fetchSockets()).length === 2, "they do not answer each other");
  const spy = await Spy.place(server);
  try {
    return await run(one, other, spy);
  } finally {
    spy.stop();
    await Promise.all([one.stop(), other.stop()]);
    await server.stop();
  }
}

/** Every operation of one server on the sockets of another, as it is written. */
export function recordPeers(): Promise<{ messages: Message[]; received: unknown[]; ids: string[] }> {
  return withTwo(async (one, other, spy) => {
    other.client.on("ask", (answer: (value: unknown) => void) => answer(Buffer.from([7])));
    one.client.on("ask", (answer: (value: unknown) => void) => answer("one"));
    other.io.on("question", (answer: (value: unknown) => void) => answer(2));
    one.io.socketsJoin("room");
    one.io.socketsJoin("another");
    await until(() => other.socket.rooms.has("another"), "the socket does not join");
    await other.backplane.broker.subscribe("room", undefined, ignoring);
    one.io.emit("all", 1, "2", Buffer.from([3, 4]));
    one.io.to("room").emit("to a room", { bytes: Buffer.from([5]) });
    one.io.to(["room", "another"]).except(one.socket.id).emit("to rooms");
    one.io.in("room").socketsLeave("another");
    await until(() => !other.socket.rooms.has("another"), "the socket does not leave");
    await one.io.in("room").fetchSockets();
    await one.io.timeout(5_000).emitWithAck("ask");
    await one.io.serverSideEmitWithAck("question");
    one.io.emit("bye");
    one.io.in("room").disconnectSockets();
    await until(() => !other.client.connected, "the socket is not disconnected");
    const received = JSON.parse(JSON.stringify(other.received.filter(([event]) => event !== "ask")));
    return { messages: [...spy.messages], received, ids: [one.socket.id, other.socket.id] };
  });
}
