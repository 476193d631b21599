import { beforeEach, describe, expect, it } from "vitest";
import { Questions } from "../../src/connection/questions.ts";
import { WorkQueue } from "../../src/connection/work-queue.ts";
import { Failure } from "../../src/errors.ts";
import { FakeWire } from "./wire.ts";

let session: { wire: FakeWire; ended: boolean };
let queue: WorkQueue;
let questions: Questions;
let log: string[];
/** Answers the question of a request, by its name. */
let answers: Map<string, PromiseWithResolvers<unknown>>;

beforeEach(() => {
  session = { wire: new FakeWire("c1"), ended: false };
  queue = new WorkQueue(session);
  questions = new Questions(session);
  log = [];
  answers = new Map();
});

const rest = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A request about channels that is held up as far as it has to be; `name?` is one with a question. */
function send(name: string, channels: string[], exclusive = true): Promise<string> {
  const ask = () => {
    log.push(`${name} asked`);
    const answer = Promise.withResolvers<unknown>();
    answers.set(name, answer);
    return answer.promise;
  };
  const held = questions.hold(channels, name.endsWith("?") ? ask : undefined);
  const work = async () => void log.push(`${name} ${held?.answer ?? "done"}`);
  return queue.request(exclusive, work, {}, held).then(
    () => "ok",
    (thrown) => Failure.of(thrown).code,
  );
}

async function answer(name: string, said: unknown): Promise<void> {
  if (said instanceof Error) answers.get(name)?.reject(said);
  else answers.get(name)?.resolve(said);
  await rest();
}

describe("a question", () => {
  it("holds up what is sent after it about the same channel, and nothing else", async () => {
    void send("a?", ["x"]);
    void send("b", ["x"], false);
    void send("c", ["y"]);
    void send("d", []);
    await rest();
    expect(log.sort()).toEqual(["a? asked", "c done", "d done"]);
    await answer("a?", "yes");
    expect(log.slice(3)).toEqual(["a? yes", "b done"]);
  });

  it("is asked once those before it about its channels are answered", async () => {
    void send("a?", ["x", "y"]);
    void send("b?", ["y"]);
    void send("c?", ["z"]);
    await rest();
    expect(log).toEqual(["a? asked", "c? asked"]);
    await answer("c?", 1);
    await answer("a?", 2);
    expect(log.slice(2)).toEqual(["c? 1", "a? 2", "b? asked"]);
  });

  it("keeps the order of everything about its channel", async () => {
    const sent = ["a?", "b", "c?", "d", "e"].map((name) => send(name, ["x"], name !== "b"));
    await rest();
    await answer("a?", 1);
    await answer("c?", 3);
    expect(await Promise.all(sent)).toEqual(Array(5).fill("ok"));
    expect(log.filter((line) => !line.endsWith("asked"))).toEqual([
      "a? 1",
      "b done",
      "c? 3",
      "d done",
      "e done",
    ]);
  });

  it("that fails lets what waits behind it go on", async () => {
    const sent = [send("a?", ["x"]), send("b", ["x"])];
    await rest();
    await answer("a?", new Failure("forbidden"));
    expect(await Promise.all(sent)).toEqual(["forbidden", "ok"]);
    expect(questions.hold(["x"])).toBeUndefined();
  });

  it("holds up nothing that the gateway does by itself", async () => {
    void send("a?", ["x"]);
    await rest();
    await queue.run(true, async () => void log.push("own"));
    expect(log).toEqual(["a? asked", "own"]);
  });

  it("counts to the requests that wait for an answer", async () => {
    const sent = send("a?", ["x"]);
    expect(queue.idle).toBe(false);
    await rest();
    await answer("a?", 1);
    expect(await sent).toBe("ok");
    expect(queue.idle).toBe(true);
    const behind = Array.from({ length: 255 }, () => send("b", ["y"]));
    await Promise.all(behind);
  });

  it("and what waits behind it are as many as may wait at all", async () => {
    const sent = [send("a?", ["x"]), ...Array.from({ length: 256 }, () => send("b", ["x"]))];
    expect(await sent.at(-1)).toBe("rate_limited");
    await answer("a?", 1);
    expect(new Set(await Promise.all(sent.slice(0, -1)))).toEqual(new Set(["ok"]));
  });

  it("is one of at most eight", async () => {
    const sent = Array.from({ length: 9 }, (_, index) => send(`${index}?`, [`x${index}`]));
    expect(await sent[8]).toBe("rate_limited");
    await answer("0?", 1);
    const next = send("next?", ["x8"]);
    await rest();
    await answer("next?", 1);
    expect(await next).toBe("ok");
  });

  it("of a connection that has gone is answered so, and nobody is asked any more", async () => {
    const sent = [send("a?", ["x"]), send("b?", ["x"]), send("c", ["x"])];
    await rest();
    session.ended = true;
    await answer("a?", "yes");
    expect(await Promise.all(sent)).toEqual(["disconnected", "disconnected", "disconnected"]);
    expect(log).toEqual(["a? asked"]);
  });
});
