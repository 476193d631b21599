import { beforeEach, describe, expect, it } from "vitest";
import { Accounts } from "../../src/connection/accounts.ts";
import { Connection } from "../../src/connection/connection.ts";
import { Dispatcher } from "../../src/connection/dispatcher.ts";
import { requestPrices } from "../../src/connection/prices.ts";
import type { Request } from "../../src/connection/request.ts";
import type { RequestServices } from "../../src/connection/request-services.ts";
import { type ErrorCode, Failure } from "../../src/errors.ts";
import { silentLog } from "../../src/log.ts";
import { noMeter } from "../../src/meter.ts";
import { FakeWire } from "./wire.ts";

const maxDepth = 4;
let wire: FakeWire;
let connection: Connection;
/** Units that the accounts were charged, and why they refuse. */
let charged: number[];
let refusal: Failure | undefined;
/** What was counted, logged and ended. */
let handled: [event: string, code: "ok" | ErrorCode][];
let logged: object[];
let ended: {
  code: ErrorCode;
  reconnect: boolean;
  after?: number | undefined;
  message?: string | undefined;
}[];

const price = { counts: () => 1, units: () => 1 };

const requests = new Map<string, Request>([
  [
    "echo",
    {
      exclusive: false,
      price,
      handle: async (_services, _connection, payload, reply) => reply({ ok: true, payload }),
    },
  ],
  [
    "dear",
    {
      exclusive: false,
      price: { counts: () => 2, units: () => 7 },
      handle: async (_services, _connection, _payload, reply) => reply({ ok: true }),
    },
  ],
  ["broken", { exclusive: false, price, handle: async () => Promise.reject(new Error("the secret cause")) }],
  ["denied", { exclusive: false, price, handle: async () => Promise.reject(new Failure("forbidden")) }],
]);

function createDispatcher(rate = 1_000, burst = 1_000): Dispatcher {
  return new Dispatcher({
    requests,
    unnamed: { price: requestPrices.other },
    services: {} as RequestServices,
    lifecycle: {
      end(connection, code, reconnect, details) {
        connection.ending = code;
        ended.push({ code, reconnect, ...details });
      },
    },
    accounts: {
      take(_connection, units) {
        charged.push(units);
        if (refusal) throw refusal;
      },
      payloadUnits: Accounts.prototype.payloadUnits,
    },
    meter: { ...noMeter, requestHandled: (event, code) => void handled.push([event, code]) },
    log: { ...silentLog, write: (_id, fields) => void logged.push(fields) },
    maxDepth,
    rate,
    burst,
  });
}

/** The acknowledgement of one event. */
async function ask(dispatcher: Dispatcher, event: string | undefined, payload?: unknown) {
  const replies: object[] = [];
  await dispatcher.dispatch(connection, event, payload, (reply) => replies.push(reply));
  expect(replies.length).toBeLessThanOrEqual(1);
  return replies[0];
}

/** Nested so many levels deep. */
function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

beforeEach(() => {
  wire = new FakeWire("c1");
  const subject = { user: "ann", anonymous: false, allow: [] };
  connection = new Connection(wire, { subject, info: undefined, channels: [] }, 1);
  charged = [];
  refusal = undefined;
  handled = [];
  logged = [];
  ended = [];
});

describe("a request", () => {
  it("is answered by its handler", async () => {
    expect(await ask(createDispatcher(), "echo", { a: 1 })).toEqual({ ok: true, payload: { a: 1 } });
    expect(handled).toEqual([["echo", "ok"]]);
  });

  it("that fails is answered with its error", async () => {
    expect(await ask(createDispatcher(), "denied")).toMatchObject({
      ok: false,
      error: { code: "forbidden" },
    });
    expect(handled).toEqual([["denied", "forbidden"]]);
    expect(logged).toEqual([]);
  });

  it("that fails without an acknowledgement is answered with `failed`", async () => {
    await createDispatcher().dispatch(connection, "denied", {}, undefined);
    expect(wire.sent).toEqual([
      {
        event: "failed",
        payload: { event: "denied", error: expect.objectContaining({ code: "forbidden" }) },
      },
    ]);
  });

  it("that breaks is `internal`, its cause only in the log", async () => {
    const reply = await ask(createDispatcher(), "broken");
    expect(reply).toMatchObject({ ok: false, error: { code: "internal" } });
    expect(JSON.stringify(reply)).not.toContain("secret");
    expect(logged).toMatchObject([{ err: { cause: { message: "the secret cause" } }, connection: "c1" }]);
  });

  it("of a connection that is being ended is not looked at", async () => {
    connection.ending = "revoked";
    expect(await ask(createDispatcher(), "echo")).toBeUndefined();
    expect(handled).toEqual([]);
  });

  it("that fails after its connection has gone sends nothing", async () => {
    connection.closed = true;
    await createDispatcher().dispatch(connection, "denied", {}, undefined);
    expect(wire.sent).toEqual([]);
  });
});

describe("an unknown event", () => {
  it.each(["nope", "__proto__", "constructor", "x".repeat(10_000)])(
    "has no handler: %.20s",
    async (event) => {
      expect(await ask(createDispatcher(), event)).toMatchObject({ error: { code: "no_handler" } });
      expect(handled).toEqual([["other", "no_handler"]]);
    },
  );

  it("is named in `failed`, in part where it is long", async () => {
    await createDispatcher().dispatch(connection, "x".repeat(1_000), {}, undefined);
    expect(wire.of("failed")).toMatchObject([{ event: "x".repeat(128) }]);
  });

  it("without a usable name is a bad request", async () => {
    expect(await ask(createDispatcher(), undefined)).toMatchObject({ error: { code: "bad_request" } });
    expect(handled).toEqual([["other", "bad_request"]]);
  });
});

describe("a payload that nests too deep", () => {
  it("is refused from one level above the limit of `data`", async () => {
    const dispatcher = createDispatcher();
    expect(await ask(dispatcher, "echo", nested(maxDepth + 1))).toMatchObject({ ok: true });
    expect(await ask(dispatcher, "echo", nested(maxDepth + 2))).toMatchObject({
      error: { code: "bad_request" },
    });
  });

  it("ends the connection for good at the third time", async () => {
    const dispatcher = createDispatcher();
    await ask(dispatcher, "echo", nested(5_000));
    await ask(dispatcher, "echo", nested(5_000));
    expect(ended).toEqual([]);
    await ask(dispatcher, "echo", nested(5_000));
    expect(ended).toEqual([
      { code: "bad_request", reconnect: false, message: "The payload nests deeper than 4 levels." },
    ]);
  });

  it("is not what other mistakes are", async () => {
    const dispatcher = createDispatcher();
    for (let count = 0; count < 10; count += 1) await ask(dispatcher, "denied");
    expect(ended).toEqual([]);
  });
});

describe("the request rate", () => {
  it("refuses what is above it, with the time to wait", async () => {
    const dispatcher = createDispatcher(0.001, 2);
    expect(await ask(dispatcher, "echo")).toMatchObject({ ok: true });
    expect(await ask(dispatcher, "nope")).toMatchObject({ error: { code: "no_handler" } });
    expect(await ask(dispatcher, "echo")).toMatchObject({
      error: { code: "rate_limited", retryable: true, after: expect.any(Number) },
    });
    expect(ended).toEqual([]);
  });

  it("ends a connection that goes on all the same, so that it comes back later", async () => {
    const dispatcher = createDispatcher(0.001, 2);
    for (let count = 0; count < 4; count += 1) await ask(dispatcher, "echo");
    expect(ended).toEqual([]);
    await ask(dispatcher, "echo");
    expect(ended).toEqual([{ code: "rate_limited", reconnect: true, after: expect.any(Number) }]);
  });

  it("is each connection's own", async () => {
    const dispatcher = createDispatcher(0.001, 1);
    await ask(dispatcher, "echo");
    connection = new Connection(new FakeWire("c2"), connection.identity, 1);
    expect(await ask(dispatcher, "echo")).toMatchObject({ ok: true });
  });

  it("takes as much of it as a request says that it costs", async () => {
    const dispatcher = createDispatcher(0.001, 3);
    expect(await ask(dispatcher, "dear")).toMatchObject({ ok: true });
    expect(await ask(dispatcher, "echo")).toMatchObject({ ok: true });
    expect(await ask(dispatcher, "echo")).toMatchObject({ error: { code: "rate_limited" } });
  });
});

describe("the price of a request", () => {
  it("is charged to the accounts before it begins, that of what nobody handles too", async () => {
    const dispatcher = createDispatcher();
    await ask(dispatcher, "dear");
    await ask(dispatcher, "nope");
    await ask(dispatcher, undefined);
    expect(charged.filter((units) => units > 0)).toEqual([7, 1, 1]);
  });

  it("goes up with what the payload takes in memory", async () => {
    await ask(createDispatcher(), "echo", "x".repeat(70_000));
    expect(charged).toEqual([5]);
  });

  it("of what is large is paid by the connection too, which is sent away soon where it goes on", async () => {
    const dispatcher = createDispatcher(0.001, 20);
    const large = Array.from({ length: 20_000 }, () => []);
    expect(await ask(dispatcher, "echo", large)).toMatchObject({ ok: true });
    for (let count = 0; count < 3; count += 1) {
      expect(await ask(dispatcher, "echo", large)).toMatchObject({ error: { code: "rate_limited" } });
    }
    expect(ended).toMatchObject([{ code: "rate_limited", reconnect: true }]);
  });

  it("that the accounts do not pay refuses it", async () => {
    refusal = new Failure("rate_limited", undefined, { after: 70 });
    expect(await ask(createDispatcher(), "echo")).toMatchObject({
      error: { code: "rate_limited", after: 70 },
    });
    expect(ended).toEqual([]);
  });

  it("is not asked for where the connection has used up its own rate", async () => {
    const dispatcher = createDispatcher(0.001, 1);
    await ask(dispatcher, "echo");
    charged = [];
    expect(await ask(dispatcher, "echo")).toMatchObject({ error: { code: "rate_limited" } });
    expect(charged).toEqual([]);
  });
});
