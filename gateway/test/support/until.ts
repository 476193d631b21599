import { setTimeout as sleep } from "node:timers/promises";

export interface Patience {
  /** Milliseconds. */
  timeout?: number;
  interval?: number;
}

/**
 * Looks again and again until it finds something that is not false. Unlike vitest's own it works in a plain
 * process too.
 *
 * @throws Error with the given text where nothing was found in time, and whatever `look` throws
 */
export async function until(
  look: () => boolean | Promise<boolean>,
  failure: string | (() => string),
  { timeout = 15_000, interval = 20 }: Patience = {},
): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(typeof failure === "string" ? failure : failure());
    await sleep(interval);
  }
}
