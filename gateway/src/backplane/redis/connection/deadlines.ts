/*
 * Owns the time limit of calls to Redis; RedisConnection has one for each kind of limit. Without it a Redis that hangs
 * keeps every request of the node waiting, since ioredis waits for an answer as long as the connection is open.
 */

interface Call {
  /** Milliseconds on the monotonic clock. */
  due: number;
  reject(error: Error): void;
}

/**
 * Calls that may take so long, and no longer. One timer serves all that wait, since each publication is such a call: a
 * timer for each would cost more than the call.
 */
export class Deadlines {
  readonly #limit: number;
  /** In the order in which they are due. */
  readonly #calls = new Set<Call>();
  #timer: NodeJS.Timeout | undefined;

  /** @param limit milliseconds */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws Error where the promise has not settled in time */
  within<Result>(promise: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const call = { due: performance.now() + this.#limit, reject };
      this.#calls.add(call);
      this.#arm(this.#limit);
      promise.then(
        (result) => {
          this.#calls.delete(call);
          resolve(result);
        },
        (error) => {
          this.#calls.delete(call);
          reject(error);
        },
      );
    });
  }

  /** Rejects all that wait; their connection is gone. */
  fail(error: Error): void {
    for (const call of this.#calls) call.reject(error);
    this.#calls.clear();
  }

  #arm(wait: number): void {
    // After a turn that took long, answers that are there already are read before anything is overdue.
    this.#timer ??= setTimeout(() => setImmediate(() => this.#expire()), wait).unref();
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const call of this.#calls) {
      if (call.due > now) {
        this.#arm(call.due - now + 1);
        return;
      }
      this.#calls.delete(call);
      call.reject(new Error(`No answer within ${this.#limit} ms.`));
    }
  }
}
