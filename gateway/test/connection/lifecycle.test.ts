import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Alarms } from "../../src/connection/alarms.ts";
import { Commands } from "../../src/connection/commands.ts";
import { FreshRevocations } from "../../src/connection/fresh-revocations.ts";
import { Joiner } from "../../src/connection/joiner.ts";
import { Lifecycle } from "../../src/connection/lifecycle.ts";
import { Registry } from "../../src/connection/registry.ts";
import { Failure } from "../../src/errors.ts";
import { noMeter } from "../../src/meter.ts";
import { TestNode } from "../channels/node.ts";
import { RecordingRooms } from "../channels/rooms.ts";
import { FakeWire } from "./wire.ts";

let node: TestNode;
let alarms: Alarms;
let lifecycle: Lifecycle;
let commands: Commands;

beforeEach(() => {
  node = new TestNode({ rules: [], rooms: new RecordingRooms() });
  const { now } = node.clock;
  alarms = new Alarms(now);
  const { subscriptions, presence } = node;
  const verifyChannel = () => Promise.reject(new Failure("unauthorized"));
  const joiner = new Joiner({
    subscriptions,
    presence,
    tokens: { verifyChannel },
    alarms,
    now,
    leeway: 0,
  });
  const revocations = new FreshRevocations(now);
  const shared = { node: "node-a", registry: new Registry(), joiner, revocations };
  const log = pino({ level: "silent" });
  lifecycle = new Lifecycle({ ...shared, alarms, leeway: 0, log, meter: noMeter, now });
  const describe = () => Promise.reject(new Error("nobody asks"));
  commands = new Commands({ ...shared, lifecycle, describe: describe as never });
});

afterEach(async () => {
  alarms.stop();
  await node.stop();
});

async function connect(user: string, issuedAt: number): Promise<FakeWire> {
  const wire = new FakeWire(`${user}-${issuedAt}`);
  const subject = { user, anonymous: false, allow: [] };
  lifecycle.open(wire, { subject, info: undefined, channels: [], issuedAt }, [], 0);
  await new Promise((resolve) => setImmediate(resolve));
  return wire;
}

it("ends whoever was verified before a revocation came, and connected after", async () => {
  await commands.execute({ kind: "revoke", user: "ann", before: 20 });
  const [late, fresh, other] = [await connect("ann", 20), await connect("ann", 21), await connect("bob", 20)];
  expect(late.sent).toEqual([{ event: "goodbye", payload: { code: "revoked", reconnect: false } }]);
  expect(late.ended).toBe("disconnect");
  expect(fresh.of("welcome")).toHaveLength(1);
  expect(other.of("welcome")).toHaveLength(1);
});
