import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../src/errors.ts";
import type { Asker, Backend } from "../../src/hooks/ports.ts";

/** What a backend of the suite was asked, as it has it. */
export type Asked = Record<string, unknown> & { type: string };

export interface BackendHarness {
  backend: Backend;
  /** Decides what is asked; what it throws is the backend's refusal. */
  decide(asked: Asked): unknown;
  stop(): Promise<void>;
}

/** A refusal in the words of a backend. */
export function refusal(code: string, more: object = {}): { error: object } {
  return { error: { code, ...more } };
}

const ann: Asker = { id: "c1", user: "ann", info: { name: "Ann" } };
const later = Date.now() + 60_000;

/** What every backend does, however it is reached. @param start makes one that asks `decide` of its harness */
export function backendContract(start: () => Promise<BackendHarness>): void {
  let harness: BackendHarness;
  let asked: Asked[];

  beforeEach(async () => {
    harness = await start();
    asked = [];
  });

  afterEach(() => harness.stop());

  function answer(decide: (asked: Asked) => unknown): void {
    harness.decide = (question) => {
      asked.push(question);
      return decide(question);
    };
  }

  async function failureOf(attempt: Promise<unknown>): Promise<Failure> {
    const thrown = await attempt.then(
      () => new Error("it was answered"),
      (error: unknown) => error,
    );
    if (!(thrown instanceof Failure)) throw thrown;
    return thrown;
  }

  it("asks connect and request of whoever is there for them", () => {
    expect([harness.backend.asks("connect"), harness.backend.asks("request")]).toEqual([true, true]);
  });

  describe("asked who connects", () => {
    const question = {
      connection: "c1",
      auth: { session: "s-1", device: { id: 7 } },
      address: "192.0.2.1",
      agent: "test",
      origin: "https://app.example",
    };

    it("is told what the client says of itself, and no user", async () => {
      answer(() => ({ user: "ann" }));
      expect(await harness.backend.connect(question)).toEqual({
        user: "ann",
        channels: [],
        allow: [],
        expiresAt: undefined,
      });
      expect(asked).toEqual([expect.objectContaining({ type: "connect", ...question })]);
      expect(asked[0]).not.toHaveProperty("user");
    });

    it("says what the user may do, and until when", async () => {
      const said = {
        user: "ann",
        info: { name: "Ann" },
        channels: ["order:1"],
        allow: [{ channels: ["order:*"], can: ["subscribe"] }],
        expiresAt: later,
      };
      answer(() => said);
      expect(await harness.backend.connect(question)).toEqual(said);
    });

    it("refuses", async () => {
      answer(() => refusal("unauthorized", { message: "No such session." }));
      const { code, message, retryable } = await failureOf(harness.backend.connect(question));
      expect({ code, message, retryable }).toEqual({
        code: "unauthorized",
        message: "No such session.",
        retryable: false,
      });
    });
  });

  describe("asked about channels", () => {
    it("answers each of a frame, in order", async () => {
      answer(() => ({
        results: [
          {},
          refusal("forbidden", { message: "Not yours." }),
          { info: 1, expiresAt: later, grant: 60 },
        ],
      }));
      const items = [
        { channel: "order:1" },
        { channel: "order:2", data: { ref: 2 } },
        { channel: "order:3" },
      ];
      const [first, second, third] = await harness.backend.subscribe(ann, items);
      expect([first, third]).toEqual([{}, { info: 1, expiresAt: later, grant: 60 }]);
      expect(second).toMatchObject({ code: "forbidden", message: "Not yours." });
      expect(asked).toEqual([
        expect.objectContaining({
          type: "subscribe",
          connection: "c1",
          user: "ann",
          info: { name: "Ann" },
          subscribe: items,
        }),
      ]);
    });

    it("refuses all of a frame", async () => {
      answer(() => refusal("rate_limited", { after: 700 }));
      const items = [{ channel: "order:1" }, { channel: "order:2" }];
      const results = await harness.backend.subscribe(ann, items);
      expect(results).toHaveLength(2);
      for (const result of results) expect(result).toMatchObject({ code: "rate_limited", after: 700 });
    });

    it("is asked nothing of those that no hook is for, which nobody may join", async () => {
      answer(() => ({ results: [{}] }));
      const results = await harness.backend.subscribe(ann, [{ channel: "other:1" }, { channel: "order:1" }]);
      expect(results).toEqual([expect.objectContaining({ code: "forbidden" }), {}]);
      expect(asked[0]).toMatchObject({ subscribe: [{ channel: "order:1" }] });
    });
  });

  describe("asked about a publication", () => {
    const question = { channel: "order:1", data: { text: "é\u2028", list: [1, null] }, messageId: "m-1" };

    it.each([
      ["leaves it", {}, "as it is"],
      ["replaces it", { data: { text: "***" } }, { data: { text: "***" } }],
      ["replaces it with null", { data: null }, { data: null }],
      ["skips it", { skip: true }, "skip"],
    ])("%s", async (_what, said, meant) => {
      answer(() => said);
      expect(await harness.backend.publish(ann, question)).toEqual(meant);
      expect(asked).toEqual([
        expect.objectContaining({ type: "publish", user: "ann", connection: "c1", ...question }),
      ]);
    });

    it("is sent binary data as base64", async () => {
      answer(() => ({}));
      await harness.backend.publish(ann, {
        channel: "order:1",
        data: { a: [Buffer.from([1, 2])] },
        messageId: undefined,
      });
      expect(asked[0]?.data).toEqual({ a: [{ _binary: "AQI=" }] });
    });

    it("refuses", async () => {
      answer(() => refusal("bad_request", { message: "Such words are not for here." }));
      expect(await failureOf(harness.backend.publish(ann, question))).toMatchObject({ code: "bad_request" });
    });

    it("is asked nothing where no hook is for the channel", async () => {
      expect(
        await failureOf(harness.backend.publish(ann, { ...question, channel: "other:1" })),
      ).toMatchObject({
        code: "forbidden",
      });
    });
  });

  describe("asked by a request", () => {
    it("answers", async () => {
      answer(({ data }) => ({ data: { echo: data } }));
      expect(await harness.backend.request(ann, { event: "total", data: [1, 2] })).toEqual({ echo: [1, 2] });
      expect(asked).toEqual([
        expect.objectContaining({ type: "request", event: "total", data: [1, 2], user: "ann" }),
      ]);
    });

    it("need not say anything", async () => {
      answer(() => ({}));
      expect(await harness.backend.request(ann, { event: "seen", data: undefined })).toBeUndefined();
    });

    it.each(["forbidden", "unauthorized", "bad_request", "not_found", "rate_limited", "unavailable"])(
      "refuses with %s",
      async (code) => {
        answer(() => refusal(code));
        expect(await failureOf(harness.backend.request(ann, { event: "total", data: 1 }))).toMatchObject({
          code,
        });
      },
    );
  });
}
