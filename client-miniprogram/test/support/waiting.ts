import type { ManualClock } from "../../testing/index.ts";

const patience = 15_000;

/** Waits until the condition holds. @param clock is moved on meanwhile, by `step` milliseconds a turn */
export async function until(
  condition: () => boolean | undefined,
  clock?: ManualClock,
  step = 20,
): Promise<void> {
  const deadline = Date.now() + patience;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${condition}`);
    await turn();
    clock?.advance(step);
  }
}

/** Lets what is under way in this process go on. */
export function turn(milliseconds = 2): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
