import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Accounts } from "../../src/connection/accounts.ts";
import type { Connection } from "../../src/connection/connection.ts";
import { publish as handle } from "../../src/connection/handlers/publish.ts";
import type { RequestServices } from "../../src/connection/request-services.ts";
import { type ErrorCode, Failure } from "../../src/errors.ts";
import { noMeter } from "../../src/meter.ts";
import { shapeOf } from "../../src/protocol/json.ts";
import { lasting, rule, TestNode } from "./node.ts";
import { RecordingRooms } from "./rooms.ts";

const maxBytes = 1_000;
let node: TestNode;
let services: RequestServices;
let counted: [source: string, code: "ok" | ErrorCode][];

beforeEach(() => {
  counted = [];
  const meter = {
    ...noMeter,
    published: (source: string, _seconds: number, code: "ok" | ErrorCode) =>
      void counted.push([source, code]),
  };
  const rules = [
    rule("bare"),
    rule("paced", { rate: { publish: 1, burst: 1 }, history: lasting }),
    rule("closed", { publish: "nobody", history: lasting }),
    rule("*", { history: lasting }),
  ];
  node = new TestNode({ rules, rooms: new RecordingRooms(), meter, maxBytes });
  services = Object.assign(node, {
    accounts: new Accounts({ rate: 100, burst: 200 }),
  }) as unknown as RequestServices;
});

afterEach(() => node.stop());

/** Who publishes: a client's connection, or a backend. */
type Origin = Connection | "api";
const api = "api";

const client = (user: string): Origin => node.open(user);

/** The position, or the code of the failure. */
async function publish(
  data: unknown,
  origin: Origin = api,
  id?: string,
  channel = "a",
): Promise<string | undefined> {
  try {
    if (origin === "api") return await node.publisher.publish({ channel, data, id, except: [] });
    let position: string | undefined;
    const payload = { channel, data, id };
    const reply = (answer: object) => {
      position = (answer as { position?: string }).position;
    };
    await handle(services, origin, payload, reply, shapeOf(payload, 33));
    return position;
  } catch (thrown) {
    return Failure.of(thrown).code;
  }
}

async function stored(channel = "a") {
  const { text } = await node.history.read({ channel }, node.rules.policyOf(channel));
  return JSON.parse(text).messages as Record<string, unknown>[];
}

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { inner: nested(levels - 1) };
}

describe("a message", () => {
  it("says who published what and when", async () => {
    const time = node.clock.now();
    const position = await publish({ a: [1] }, client("ann"), "m1");
    expect(await stored()).toEqual([
      { channel: "a", data: { a: [1] }, id: "m1", user: "ann", time, position },
    ]);
  });

  it("of a backend names no user", async () => {
    await publish(null);
    expect((await stored())[0]).not.toHaveProperty("user");
  });

  it("has no position on a channel without history", async () => {
    expect(await publish(1, api, undefined, "bare")).toBeUndefined();
  });

  it.each([null, false, 0, "", [], {}, 1e308, { __proto__: null, a: 1 }])(
    "may be any JSON value: %j",
    async (data) => {
      await publish(data);
      expect((await stored())[0]?.data).toEqual(JSON.parse(JSON.stringify(data)));
    },
  );

  it("has no half characters, which other languages cannot read", async () => {
    await publish(["\ud800", "a\udc00b", "\u{1f600}"]);
    expect((await stored())[0]?.data).toEqual(["\ufffd", "a\ufffdb", "\u{1f600}"]);
  });
});

describe("what is refused", () => {
  it("is a message without data", async () => {
    expect(await publish(undefined)).toBe("bad_request");
  });

  it("nests deeper than 32 levels", async () => {
    expect(await publish(nested(32))).toMatch(/:1$/);
    expect(await publish(nested(33))).toBe("bad_request");
  });

  it("is larger than the limit, by its JSON and its binary values together", async () => {
    expect(await publish("x".repeat(maxBytes - 2))).toMatch(/:1$/);
    expect(await publish("潮".repeat(maxBytes))).toBe("too_large");
    expect(await publish(["x".repeat(maxBytes), Buffer.alloc(maxBytes + 1_024)])).toBe("too_large");
  });

  it("holds more than ten binary values", async () => {
    const blobs = (count: number) => Array(count).fill(Buffer.from("x"));
    expect(await publish(blobs(10))).toMatch(/:1$/);
    expect(await publish(blobs(11))).toBe("too_large");
  });

  it.each([
    { _placeholder: true, num: 0 },
    [[{ _placeholder: true }]],
    { a: [Buffer.from("x"), { _placeholder: true, num: 1e9 }] },
  ])("looks like the place of a binary value: %j", async (data) => {
    expect(await publish(data)).toBe("bad_request");
  });

  it("does not look like one", async () => {
    expect(await publish([{ _placeholder: false }, { placeholder: true }, "_placeholder"])).toMatch(/:1$/);
  });

  it("is what the rules do not let a client publish, which backends may", async () => {
    expect(await publish(1, client("ann"), undefined, "closed")).toBe("forbidden");
    expect(await publish(1, api, undefined, "closed")).toMatch(/:1$/);
    expect(await publish(1, api, undefined, "user:ann")).toMatch(/:1$/);
    expect(await publish(1, client("ann"), undefined, "user:ann")).toBe("forbidden");
  });

  it("is what a channel that no rule names would get, from backends too", async () => {
    expect(await publish(1, api, undefined, "no:rule")).toBe("unknown_channel");
  });

  it("stores nothing, and is counted by its code", async () => {
    const ann = client("ann");
    expect(await publish(1, ann, undefined, "paced")).toMatch(/:1$/);
    counted = [];
    expect(await publish(1, ann, undefined, "paced")).toBe("rate_limited");
    expect(await publish(1, ann, undefined, "closed")).toBe("forbidden");
    expect(await publish(undefined)).toBe("bad_request");
    expect(await publish(1)).toMatch(/:1$/);
    expect(await stored()).toHaveLength(1);
    expect(await stored("paced")).toHaveLength(1);
    expect(counted).toEqual([
      ["client", "rate_limited"],
      ["client", "forbidden"],
      ["api", "bad_request"],
      ["api", "ok"],
    ]);
  });
});

describe("an id", () => {
  it("makes a repeat harmless, which gets the first position", async () => {
    const first = await publish(1, client("ann"), "m1");
    expect(await publish(2, client("ann"), "m1")).toBe(first);
    expect(await stored()).toMatchObject([{ data: 1 }]);
  });

  it("is each user's own, and the API's", async () => {
    const origins: Origin[] = [client("ann"), client("bob"), api, client("null"), client("")];
    const positions = await Promise.all(origins.map((origin) => publish(1, origin, "m1")));
    expect(new Set(positions).size).toBe(origins.length);
    expect(await publish(2, api, "m1")).toBe(positions[2]);
  });

  it("is each channel's own", async () => {
    await publish(1, api, "m1", "a");
    expect(await publish(1, api, "m1", "b")).toMatch(/:1$/);
  });

  it("is known for five minutes", async () => {
    const first = await publish(1, api, "m1");
    node.clock.advance(299_999);
    expect(await publish(1, api, "m1")).toBe(first);
    node.clock.advance(1);
    expect(await publish(1, api, "m1")).not.toBe(first);
  });
});
