import { afterEach, beforeEach, expect, it } from "vitest";
import type { ChannelTokenLife } from "../../src/channels/subscriber.ts";
import type { Accounts } from "../../src/connection/accounts.ts";
import { Alarms } from "../../src/connection/alarms.ts";
import { CommandExecutor } from "../../src/connection/command-executor.ts";
import type { Connection } from "../../src/connection/connection.ts";
import { FreshRevocations } from "../../src/connection/fresh-revocations.ts";
import { Joiner } from "../../src/connection/joiner.ts";
import { Lifecycle } from "../../src/connection/lifecycle.ts";
import { welcomeUnits } from "../../src/connection/prices.ts";
import { Registry } from "../../src/connection/registry.ts";
import { Visits } from "../../src/connection/visits.ts";
import { Failure } from "../../src/errors.ts";
import { silentLog } from "../../src/log.ts";
import { noMeter } from "../../src/meter.ts";
import { rule, TestNode } from "../channels/node.ts";
import { RecordingRooms } from "../channels/rooms.ts";
import { FakeWire } from "./wire.ts";

let node: TestNode;
let alarms: Alarms;
let lifecycle: Lifecycle;
let commands: CommandExecutor;
let joiner: Joiner;
/** What welcomes are charged to. */
let accounts: Pick<Accounts, "take" | "charge">;
/** Of the channel token that is asked about next. */
let tokenLife: ChannelTokenLife;

beforeEach(() => {
  node = new TestNode({ rules: [rule("secret", { subscribe: "token" })], rooms: new RecordingRooms() });
  const { now } = node.clock;
  alarms = new Alarms(now);
  alarms.start();
  const { subscriptions, presence } = node;
  const verifyChannel = async () => ({ user: "ann", channel: "secret", ...tokenLife });
  const revocations = new FreshRevocations(now);
  const verifier = { verifyChannel };
  joiner = new Joiner({
    subscriptions,
    presence,
    verifier,
    revocations,
    alarms,
    visits: new Visits(node.backplane.users),
    maxChannels: 128,
    now,
    leeway: 0,
  });
  accounts = { take() {}, charge() {} };
  const visits = new Visits(node.backplane.users);
  const shared = { node: "node-a", registry: new Registry(), joiner, revocations, visits };
  lifecycle = new Lifecycle({ ...shared, accounts, alarms, leeway: 0, log: silentLog, meter: noMeter, now });
  const describe = () => Promise.reject(new Error("nobody asks"));
  commands = new CommandExecutor({ ...shared, log: silentLog, lifecycle, describe: describe as never });
});

afterEach(async () => {
  alarms.stop();
  await node.stop();
});

/** The connection, once it is welcomed or sent away. */
async function open(user: string, issuedAt: number): Promise<Connection & { readonly wire: FakeWire }> {
  const wire = new FakeWire(`${user}-${issuedAt}`);
  const subject = { user, anonymous: false, allow: [] };
  const connection = lifecycle.open(wire, { subject, info: undefined, channels: [], issuedAt }, 0);
  lifecycle.welcome(connection, []);
  await new Promise((resolve) => setImmediate(resolve));
  return Object.assign(connection, { wire });
}

const connect = async (user: string, issuedAt: number) => (await open(user, issuedAt)).wire;

/** Subscribes by a channel token that was issued then. */
async function subscribe(connection: Connection, channel: string, issuedAt: number): Promise<void> {
  tokenLife = { issuedAt, expiresAt: node.clock.now() + 60_000 };
  await joiner.join(connection, [{ channel, token: "a channel token" }], () => {});
  expect(connection.held.has(channel)).toBe(true);
}

it("ends whoever was verified before a revocation came, and connected after", async () => {
  await commands.execute({ kind: "revoke", user: "ann", before: 20 });
  const [late, fresh, other] = [await connect("ann", 20), await connect("ann", 21), await connect("bob", 20)];
  expect(late.sent).toEqual([{ event: "goodbye", payload: { code: "revoked", reconnect: false } }]);
  expect(late.ended).toBe("disconnect");
  expect(fresh.of("welcome")).toHaveLength(1);
  expect(other.of("welcome")).toHaveLength(1);
});

it("takes from a connection of a newer token what a revoked channel token gave it", async () => {
  const [ann, other] = [await open("ann", 30), await open("ann", 30)];
  await subscribe(ann, "secret", 20);
  const { connections } = await commands.execute({ kind: "revoke", user: "ann", before: 20 });
  expect(connections.map(({ connection }) => connection)).toEqual([ann.id]);
  expect(ann.held.has("secret")).toBe(false);
  expect(ann.wire.of("unsubscribed")).toMatchObject([{ channel: "secret", error: { code: "revoked" } }]);
  expect([ann.wire.ended, other.wire.ended]).toEqual([undefined, undefined]);
  await subscribe(ann, "secret", 21);
});

it("does so also while the client does not take its answers", async () => {
  const ann = await open("ann", 30);
  await subscribe(ann, "secret", 20);
  ann.wire.full = true;
  const waiting = ann.work.request(true, async () => {});
  await commands.execute({ kind: "revoke", user: "ann", before: 20 });
  expect(ann.held.has("secret")).toBe(false);
  ann.wire.drain();
  await waiting;
});

it("ends whoever renews with a token that was verified before its revocation came", async () => {
  const ann = await open("ann", 30);
  await commands.execute({ kind: "revoke", user: "ann", before: 20 });
  lifecycle.renew(ann, { ...ann.identity, issuedAt: 25 });
  expect(ann.wire.ended).toBeUndefined();
  lifecycle.renew(ann, { ...ann.identity, issuedAt: 20 });
  expect(ann.wire.of("goodbye")).toEqual([{ code: "revoked", reconnect: false }]);
});

it("charges a handshake for what it starts with, and sends whoever does not pay away for a while", async () => {
  const charged: number[] = [];
  accounts.take = (_connection, units) => void charged.push(units);
  await open("ann", 30);
  expect(charged).toEqual([welcomeUnits(1)]);
  accounts.take = () => {
    throw new Failure("rate_limited", undefined, { after: 1_234 });
  };
  const refused = await connect("ann", 30);
  expect(refused.sent).toEqual([
    { event: "goodbye", payload: { code: "rate_limited", reconnect: true, after: 1_234 } },
  ]);
});
