import { beforeEach, expect, it } from "vitest";
import { HeavyReads } from "../../../../src/backplane/redis/connection/heavy-reads.ts";
import { scripts } from "../../../../src/backplane/redis/scripts.ts";
import { Failure } from "../../../../src/errors.ts";

/** A Redis that answers when the test has it answer. */
class SlowRedis {
  /** Those without an answer; a call that is given up stays. */
  readonly unanswered: { resolve(value: unknown): void; reject(error: Failure): void }[] = [];
  sent = 0;
  ready = true;

  get pending(): number {
    return this.unanswered.length;
  }

  run(): Promise<unknown> {
    this.sent += 1;
    return new Promise((resolve, reject) => this.unanswered.push({ resolve, reject }));
  }

  answer(): void {
    this.unanswered.shift()?.resolve("answer");
  }
}

let redis: SlowRedis;
let commands: SlowRedis;
let reads: HeavyReads;

beforeEach(() => {
  redis = new SlowRedis();
  commands = new SlowRedis();
  reads = new HeavyReads(redis, commands);
});

const ask = () => reads.run(scripts.read, [], []).catch((error: Failure) => error.code);
const askMany = (count: number) => Array.from({ length: count }, ask);
const turn = () => new Promise((resolve) => setImmediate(resolve));

it("sends sixteen at once, and another for each that is answered", async () => {
  const answers = askMany(20);
  await turn();
  expect(redis.sent).toBe(16);
  redis.answer();
  await turn();
  expect(redis.sent).toBe(17);
  while (redis.pending > 0) {
    redis.answer();
    await turn();
  }
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 20 }, () => "answer"));
});

it("never sends what has waited for too long", async () => {
  const answers = askMany(18);
  expect(await Promise.all(answers.slice(16))).toEqual(["unavailable", "unavailable"]);
  while (redis.pending > 0) redis.answer();
  await Promise.all(answers);
  expect(redis.sent).toBe(16);
});

it("counts what was given up until Redis has answered it", async () => {
  const answers = askMany(16);
  for (const { reject } of redis.unanswered) reject(new Failure("unavailable"));
  await Promise.all(answers);
  expect(await ask()).toBe("unavailable");
  expect(redis.sent).toBe(16);
  redis.unanswered.length = 0;
  const late = ask();
  await turn();
  redis.answer();
  expect(await late).toBe("answer");
});

it("goes on where answers came that nobody waited for", async () => {
  const answers = askMany(16);
  for (const { reject } of redis.unanswered) reject(new Failure("unavailable"));
  await Promise.all(answers);
  const waiting = ask();
  await turn();
  redis.unanswered.length = 0;
  const next = ask();
  await turn();
  redis.answer();
  await turn();
  redis.answer();
  expect(await Promise.all([waiting, next])).toEqual(["answer", "answer"]);
});

it("reads where commands go while its own connection is not there, no more at once", async () => {
  redis.ready = false;
  const answers = askMany(17);
  await turn();
  expect([redis.sent, commands.sent]).toEqual([0, 16]);
  while (commands.pending > 0) {
    commands.answer();
    await turn();
  }
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 17 }, () => "answer"));
});
