import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Gateway, startGateway } from "../support/gateway.ts";

const channel = "crowd";
const size = 1_000;
const publishers = 4;
const messagesEach = 40;
const total = (publishers + 1) * messagesEach;

/** The history is shorter than what is published: whoever missed a message could not make up for it. */
const rules = `
channels:
  - match: "${channel}"
    subscribe: user
    publish: subscriber
    history: {size: 10, ttl: 1m}
`;

interface Seen {
  data: string;
  position: string;
}

/** The least that speaks the protocol: no library, no reconnection. */
class Member {
  readonly seen: Seen[] = [];
  readonly #socket: WebSocket;
  readonly #token: string;
  readonly #replies = new Map<number, (reply: unknown) => void>();
  readonly #welcomed = Promise.withResolvers<void>();
  readonly #complete = Promise.withResolvers<void>();
  #asked = 0;

  constructor(url: string, token: string) {
    this.#token = token;
    this.#socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    this.#socket.on("message", (data) => this.#take(String(data)));
    this.#socket.on("error", (error) => this.#welcomed.reject(error));
    this.#socket.on("close", () => this.#complete.reject(new Error("the gateway closed a member")));
    // Whoever waits for it hears of it; a member that is closed at the end is nobody's fault.
    this.#complete.promise.catch(() => {});
  }

  /** Once the member is welcomed. */
  get welcomed(): Promise<void> {
    return this.#welcomed.promise;
  }

  /** Once it has seen as many messages as are published. */
  get complete(): Promise<void> {
    return this.#complete.promise;
  }

  ask(event: string, payload: object): Promise<unknown> {
    const id = this.#asked;
    this.#asked += 1;
    this.#socket.send(`42${id}${JSON.stringify([event, payload])}`);
    return new Promise((resolve) => this.#replies.set(id, resolve));
  }

  close(): void {
    this.#socket.terminate();
  }

  #take(packet: string): void {
    if (packet === "2") this.#socket.send("3");
    else if (packet.startsWith("0")) this.#socket.send(`40${JSON.stringify({ token: this.#token })}`);
    else if (packet.startsWith("43")) this.#reply(packet);
    else if (packet.startsWith('42["welcome"')) this.#welcomed.resolve();
    else if (packet.startsWith('42["message"')) this.#see(JSON.parse(packet.slice(2))[1]);
  }

  #reply(packet: string): void {
    const start = packet.indexOf("[");
    const id = Number(packet.slice(2, start));
    this.#replies.get(id)?.(JSON.parse(packet.slice(start))[0]);
    this.#replies.delete(id);
  }

  #see(message: Seen): void {
    this.seen.push(message);
    if (this.seen.length === total) this.#complete.resolve();
  }
}

let gateway: Gateway;
let members: Member[];

beforeAll(async () => {
  gateway = await startGateway({ rules });
  const token = await gateway.token("ann");
  members = Array.from({ length: size }, () => new Member(gateway.url, token));
  await Promise.all(members.map((member) => member.welcomed));
  const replies = await Promise.all(members.map((member) => member.ask("subscribe", { channel })));
  expect(replies.every((reply) => (reply as { ok: boolean }).ok)).toBe(true);
}, 60_000);

afterAll(async () => {
  for (const member of members) member.close();
  await gateway.stop();
});

/** Publishes one after the other, so that this publisher's own order is known. */
async function publishAll(name: string, publish: (data: string) => Promise<unknown>): Promise<void> {
  for (let number = 0; number < messagesEach; number += 1) await publish(`${name} ${number}`);
}

function publishEverything(): Promise<unknown> {
  const clients = members
    .slice(0, publishers)
    .map((member, index) =>
      publishAll(`client-${index}`, (data) => member.ask("publish", { channel, data })),
    );
  const api = publishAll("api", (data) => gateway.call("POST", "/v1/publish", { channel, data }));
  return Promise.all([...clients, api]);
}

it("of 1,000 gets each of 200 messages from clients and a backend once, all in one order", async () => {
  await publishEverything();
  await Promise.all(members.map((member) => member.complete));
  const [first] = members;
  const order = first?.seen ?? [];
  expect(order.map(({ position }) => Number(position.split(":")[1]))).toEqual(
    Array.from({ length: total }, (_, index) => index + 1),
  );
  for (const name of ["client-0", "client-1", "client-2", "client-3", "api"]) {
    const own = order.map(({ data }) => data).filter((data) => data.startsWith(`${name} `));
    expect(own).toEqual(Array.from({ length: messagesEach }, (_, number) => `${name} ${number}`));
  }
  const story = JSON.stringify(order);
  const others = members.filter(({ seen }) => JSON.stringify(seen) !== story);
  expect(others).toEqual([]);
}, 60_000);
