import { afterEach, describe, expect, it, vi } from "vitest";
import type { AskingHook } from "../../src/config/hooks.ts";
import { Failure } from "../../src/errors.ts";
import { HookBackend } from "../../src/hooks/backend.ts";
import { createLog } from "../../src/log.ts";
import { noMeter, type QuestionKind, type QuestionOutcome } from "../../src/meter.ts";
import { ThrottledLog } from "../../src/throttled-log.ts";
import { type HookAnswer, HookStandIn, hookSecret } from "../support/hook.ts";
import { type Asked, type BackendHarness, backendContract } from "./contract.ts";
import { ScriptedBackend } from "./scripted-backend.ts";

const lines: string[] = [];
const outcomes: [QuestionKind, QuestionOutcome][] = [];
const opened: boolean[] = [];
const stopping: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop();
  for (const list of [lines, outcomes, opened]) list.length = 0;
});

async function start(more: Partial<AskingHook> = {}) {
  const standIn = await HookStandIn.start();
  const hook: AskingHook = {
    name: "orders",
    url: standIn.url,
    ask: ["connect", "subscribe", "publish", "request"],
    channels: "order:*",
    timeout: 5_000,
    plain: false,
    secrets: [hookSecret],
    ...more,
  };
  const meter = {
    ...noMeter,
    asked: (_hook: string, kind: QuestionKind, outcome: QuestionOutcome) =>
      void outcomes.push([kind, outcome]),
    breaker: (_hook: string, _kind: QuestionKind, open: boolean) => void opened.push(open),
  };
  const log = new ThrottledLog(createLog("debug", "test", { write: (line) => void lines.push(line) }));
  const backend = new HookBackend([hook], { node: "n1", ca: undefined, meter, log, now: Date.now });
  stopping.push(async () => {
    backend.close();
    await standIn.stop();
  });
  return { standIn, backend };
}

describe("a backend over HTTP", () => {
  backendContract(async (): Promise<BackendHarness> => {
    const { standIn, backend } = await start();
    const harness = {
      backend,
      decide: (_asked: Asked): unknown => ({}),
      stop: async () => expect(standIn.unverified).toEqual([]),
    };
    standIn.handle = async ({ body }) => ({ answer: await harness.decide(body) });
    return harness;
  });
});

describe("a backend in a test", () => {
  backendContract(async (): Promise<BackendHarness> => {
    const backend = new ScriptedBackend();
    const harness = { backend, decide: (_asked: Asked): unknown => ({}), stop: async () => {} };
    backend.decide = (asked) => harness.decide(asked);
    return harness;
  });
});

const ann = { id: "c1", user: "ann", info: undefined };
const question = { event: "secret-event", data: "secret-data" };

async function failure(attempt: Promise<unknown>): Promise<Failure> {
  const thrown = await attempt.then(
    () => new Error("it was answered"),
    (error: unknown) => error,
  );
  if (!(thrown instanceof Failure)) throw thrown;
  return thrown;
}

describe("a question", () => {
  it("says who asks, of what kind it is, and when; its id is that of the call", async () => {
    const { standIn, backend } = await start();
    await backend.request(ann, question);
    const [{ body, headers } = { body: {}, headers: {} as Record<string, string> }] = standIn.requests;
    expect(body).toEqual({
      hook: "orders",
      type: "request",
      id: headers["webhook-id"],
      time: expect.any(Number),
      node: "n1",
      connection: "c1",
      user: "ann",
      ...question,
    });
  });

  it.each<[string, HookAnswer, QuestionOutcome]>([
    ["500", { status: 500 }, "status"],
    ["429", { status: 429, headers: { "retry-after": "9" } }, "status"],
    ["400 with an answer", { status: 400, text: '{"data":1}' }, "status"],
    ["201 with an answer", { status: 201, text: '{"data":1}' }, "status"],
    ["302 to itself", { status: 302, headers: { location: "/hook" } }, "status"],
    ["a reset", "end", "ended"],
    ["nothing in time", "silence", "timeout"],
    ["65 KiB", { status: 200, text: JSON.stringify({ data: "x".repeat(66_560) }) }, "too_large"],
    ["no JSON", { status: 200, text: "<html>" }, "malformed"],
    ["no text", { status: 200, text: "" }, "malformed"],
    ["a list", { answer: [] }, "malformed"],
    ["null", { answer: null }, "malformed"],
    ["a code that is none", { answer: { error: { code: "internal" } } }, "malformed"],
    ["a refusal without a code", { answer: { error: "no" } }, "malformed"],
    ["a refusal beside an answer", { answer: { data: 1, error: {} } }, "malformed"],
    [
      "more levels than anybody needs",
      { status: 200, text: `{"data":${"[".repeat(9_000)}${"]".repeat(9_000)}}` },
      "malformed",
    ],
  ])("that is answered with %s is unavailable", async (_name, answer, outcome) => {
    const { standIn, backend } = await start({ timeout: 300 });
    standIn.handle = () => answer;
    const { code, after } = await failure(backend.request(ann, question));
    expect(code).toBe("unavailable");
    expect(after).toBeGreaterThanOrEqual(500);
    expect(outcomes).toEqual([["request", outcome]]);
    expect(standIn.requests).toHaveLength(1);
  });

  it.each([
    ["connect", {}],
    ["connect", { user: "" }],
    ["connect", { user: "anon:1" }],
    ["connect", { user: "a b" }],
    ["connect", { user: 7 }],
    ["connect", { user: "ann", expiresAt: 1_000 }],
    ["connect", { user: "ann", channels: "order:1" }],
    ["connect", { user: "ann", allow: [{ channels: ["a"], can: ["everything"] }] }],
    ["subscribe", { results: [] }],
    ["subscribe", { results: [{}, {}] }],
    ["subscribe", { results: [{ expiresAt: 1_000 }] }],
    ["subscribe", { results: [{ grant: -1 }] }],
    ["subscribe", { results: [{ error: { code: "no" } }] }],
    ["subscribe", {}],
    ["publish", { skip: "yes" }],
  ])("to %s that is answered with %j is unavailable", async (kind, answer) => {
    const { standIn, backend } = await start();
    standIn.handle = () => ({ answer });
    const asked = {
      connect: () =>
        backend.connect({ connection: "c", auth: {}, address: "", agent: "", origin: undefined }),
      subscribe: async () => {
        const [result] = await backend.subscribe(ann, [{ channel: "order:1" }]);
        throw result;
      },
      publish: () => backend.publish(ann, { channel: "order:1", data: 1, messageId: undefined }),
    }[kind];
    expect(await failure(asked?.() ?? Promise.resolve())).toMatchObject({ code: "unavailable" });
    expect(outcomes).toEqual([[kind, "malformed"]]);
  });

  it("that goes to a backend that is not there is unavailable", async () => {
    const { standIn, backend } = await start();
    await standIn.stop();
    expect(await failure(backend.request(ann, question))).toMatchObject({ code: "unavailable" });
    expect(outcomes).toEqual([["request", "unreachable"]]);
  });

  it("in vain is logged once in a while, with nothing of what was asked or where", async () => {
    const { standIn, backend } = await start();
    standIn.handle = () => ({ status: 500, text: "secret-answer" });
    for (let n = 0; n < 5; n++) await failure(backend.request(ann, question));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: "warn",
      msgId: "hook_unanswered",
      hook: "orders",
      question: "request",
      cause: expect.stringContaining("HTTP 500"),
    });
    expect(lines[0]).not.toMatch(/secret|127\.0\.0\.1|whsec/);
  });
});

describe("bounds", () => {
  /** A backend that answers once it is let go. */
  async function slow(more: Partial<AskingHook> = {}) {
    const { standIn, backend } = await start(more);
    const gate = Promise.withResolvers<void>();
    standIn.handle = async () => {
      await gate.promise;
      return { answer: {} };
    };
    return { standIn, backend, release: gate.resolve };
  }

  const ask = (backend: HookBackend) => backend.request(ann, question);
  const publish = (backend: HookBackend) =>
    backend.publish(ann, { channel: "order:1", data: 1, messageId: undefined });

  it("has one kind at half of the places, and the other half is there for others", async () => {
    const { standIn, backend, release } = await slow({ timeout: 60_000 });
    const asked = Array.from({ length: 60 }, () => ask(backend));
    await vi.waitUntil(() => standIn.requests.length >= 50, { timeout: 5_000 });
    const published = publish(backend);
    await vi.waitUntil(() => standIn.of("publish").length === 1, { timeout: 5_000 });
    expect(standIn.of("request")).toHaveLength(50);
    release();
    await Promise.all([...asked, published]);
    expect(standIn.of("request")).toHaveLength(60);
  });

  it("lets five hundred of a kind wait, and refuses the rest at once", async () => {
    const { standIn, backend, release } = await slow({ timeout: 60_000 });
    const asked = Array.from({ length: 551 }, () =>
      ask(backend).then(
        () => "answered",
        (thrown) => Failure.of(thrown).code,
      ),
    );
    await vi.waitUntil(() => outcomes.length === 1);
    expect(outcomes).toEqual([["request", "busy"]]);
    await vi.waitUntil(() => standIn.requests.length >= 50, { timeout: 5_000 });
    release();
    expect((await Promise.all(asked)).filter((outcome) => outcome !== "answered")).toEqual(["unavailable"]);
  });

  it("count the time from when the question arises, also while it waits", async () => {
    const { backend } = await slow({ timeout: 300 });
    const asked = await Promise.all(Array.from({ length: 60 }, () => failure(ask(backend))));
    expect(asked.map(({ code }) => code)).toEqual(Array(60).fill("unavailable"));
    expect(outcomes.filter(([, outcome]) => outcome === "timeout")).toHaveLength(60);
  });
});

describe("a breaker", () => {
  it("is each kind's own, and opens for a backend that does not answer", async () => {
    const { standIn, backend } = await start();
    standIn.handle = ({ body }) => (body.type === "request" ? { status: 500 } : { answer: {} });
    for (let n = 0; n < 20; n++) await failure(backend.request(ann, question));
    expect(opened.at(-1)).toBe(true);
    const refused = await failure(backend.request(ann, question));
    expect(refused.after).toBeGreaterThanOrEqual(500);
    expect(outcomes.at(-1)).toEqual(["request", "open"]);
    expect(standIn.requests).toHaveLength(20);
    expect(await backend.publish(ann, { channel: "order:1", data: 1, messageId: undefined })).toBe(
      "as it is",
    );
  });

  it("takes a refusal for an answer", async () => {
    const { standIn, backend } = await start();
    standIn.handle = () => ({ answer: { error: { code: "unavailable" } } });
    for (let n = 0; n < 25; n++) await failure(backend.request(ann, question));
    expect(standIn.requests).toHaveLength(25);
    expect(opened).not.toContain(true);
  });

  it("closes once the backend answers again", async () => {
    const { standIn, backend } = await start();
    standIn.handle = () => ({ status: 500 });
    for (let n = 0; n < 20; n++) await failure(backend.request(ann, question));
    standIn.handle = () => ({ answer: { data: 1 } });
    const retry = () => backend.request(ann, question).catch(() => "not yet");
    await expect.poll(retry, { timeout: 5_000, interval: 50 }).toBe(1);
    expect(opened.at(-1)).toBe(false);
  });
});
