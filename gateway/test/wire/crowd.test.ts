import { afterAll, beforeAll, expect, it } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { Member } from "./member.ts";

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

let gateway: Gateway;
let members: Member[];

beforeAll(async () => {
  gateway = await startGateway({ rules });
  // Each a user of its own: one user may not have so much done at once.
  const tokens = await Promise.all(
    Array.from({ length: size }, (_, index) => gateway.token(`user-${index}`)),
  );
  members = tokens.map((token) => new Member(gateway.url, token, total));
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
