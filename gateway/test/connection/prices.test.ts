import { expect, it } from "vitest";
import type { Held } from "../../src/channels/subscriber.ts";
import { Connection } from "../../src/connection/connection.ts";
import {
  handshakePrices,
  type RequestPrice,
  requestPrices,
  surcharges,
  welcomeUnits,
} from "../../src/connection/prices.ts";
import { requests } from "../../src/connection/request-table.ts";
import { requestSchemas } from "../../src/protocol/request-schemas.ts";
import { FakeWire } from "./wire.ts";

function connectionIn(channels: Record<string, { presence: boolean }>): Connection {
  const subject = { user: "ann", anonymous: false, allow: [] };
  const connection = new Connection(new FakeWire("c1"), { subject, info: undefined, channels: [] }, 1);
  for (const [channel, { presence }] of Object.entries(channels)) {
    const policy = presence ? { presence: { read: "anyone", events: true } } : {};
    connection.held.set(channel, { feed: { channel, policy }, granted: false } as unknown as Held);
  }
  return connection;
}

const subscribe: RequestPrice = requestPrices.subscribe;
const away: RequestPrice = requestPrices.away;
const back: RequestPrice = requestPrices.back;

it("every request has a price, and each is above nothing", () => {
  const schemas = Object.keys(requestSchemas).filter((name) => name !== "subscribeMany");
  expect([...requests.keys()].sort()).toEqual([...schemas, "ping"].sort());
  const connection = connectionIn({});
  for (const { counts, units } of Object.values(requestPrices)) {
    expect(counts(connection, {})).toBeGreaterThanOrEqual(1);
    expect(units(connection, {})).toBeGreaterThanOrEqual(1);
  }
});

it("a subscribe to many counts as many, and costs as many", () => {
  const connection = connectionIn({});
  expect(subscribe.counts(connection, { channel: "a" })).toBe(1);
  expect(subscribe.counts(connection, [{ channel: "a" }, { channel: "b" }])).toBe(2);
  expect(subscribe.counts(connection, [])).toBe(1);
  const many = Array.from({ length: 10 }, () => ({ channel: "a" }));
  expect(subscribe.units(connection, many)).toBe(10 * subscribe.units(connection, { channel: "a" }));
});

it("a change of state counts one for each channel that is told, and what changes nothing counts one", () => {
  const connection = connectionIn({ a: { presence: true }, b: { presence: true }, c: { presence: false } });
  expect(away.counts(connection, {})).toBe(2);
  expect(back.counts(connection, {})).toBe(1);
  connection.awaySince = 1;
  expect(away.counts(connection, {})).toBe(1);
  expect(back.counts(connection, {})).toBe(2);
  expect(away.counts(connectionIn({ c: { presence: false } }), {})).toBe(1);
});

it("what is small costs nothing on top, and what is large as much as it is", () => {
  const { payload, answer, page, told } = surcharges;
  expect([payload.units(500), answer.units(500), page.units(3), told.units(3)]).toEqual([0, 0, 0, 0]);
  expect([payload.units(1_048_576), answer.units(262_144), page.units(1_000), told.units(1_000)]).toEqual([
    64, 64, 40, 62,
  ]);
});

it("a handshake costs what it carries", () => {
  expect(welcomeUnits(128)).toBeGreaterThan(30 * welcomeUnits(1));
  const { carried } = handshakePrices;
  expect([0, 16, 17, 128, 1_000].map(carried)).toEqual([0, 0, 1, 14, 123]);
});
