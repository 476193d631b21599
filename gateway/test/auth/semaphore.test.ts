import { describe, expect, it } from "vitest";
import { Semaphore } from "../../src/auth/semaphore.ts";
import { failure } from "./settings.ts";

/** Work that ends when it is told to. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const run = async () => {
    state.begun = true;
    await promise;
  };
  const state = { begun: false, run, end: resolve, fail: reject };
  return state;
}

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("semaphore", () => {
  it("come in the order of the calls, as those before end or fail", async () => {
    const semaphore = new Semaphore({ atOnce: 1, queue: 2 });
    const [first, second, third] = [work(), work(), work()];
    const runs = [first, second, third].map(({ run }) => semaphore.run(never, run));
    await settled();
    expect([first.begun, second.begun, third.begun]).toEqual([true, false, false]);
    first.fail(new Error("failed"));
    await expect(runs[0]).rejects.toThrow("failed");
    expect([second.begun, third.begun]).toEqual([true, false]);
    second.end();
    await runs[1];
    third.end();
    await runs[2];
    const fourth = work();
    fourth.end();
    await semaphore.run(never, fourth.run);
    expect(fourth.begun).toBe(true);
  });

  it("are not waited for where too many wait", async () => {
    const semaphore = new Semaphore({ atOnce: 1, queue: 1 });
    const [first, second, third] = [work(), work(), work()];
    const runs = [semaphore.run(never, first.run), semaphore.run(never, second.run)];
    await failure(semaphore.run(never, third.run), "unavailable");
    first.end();
    second.end();
    await Promise.all(runs);
    expect(third.begun).toBe(false);
  });

  it("that are given up leave the place to the next", async () => {
    const semaphore = new Semaphore({ atOnce: 1, queue: 2 });
    const [first, second, third] = [work(), work(), work()];
    const impatient = new AbortController();
    const begun = semaphore.run(never, first.run);
    const givenUp = semaphore.run(impatient.signal, second.run);
    const last = semaphore.run(never, third.run);
    impatient.abort(new Error("too long"));
    await expect(givenUp).rejects.toThrow("too long");
    first.end();
    await begun;
    third.end();
    await last;
    expect([second.begun, third.begun]).toEqual([false, true]);
  });
});
