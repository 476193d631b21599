import { expect } from "vitest";
import { createMemoryBackplane } from "../../../src/backplane/memory/backplane.ts";
import { MemoryPresence } from "../../../src/backplane/memory/presence.ts";
import { MemoryUsers } from "../../../src/backplane/memory/users.ts";
import type { Delivery } from "../../../src/backplane/ports.ts";
import type { Harness, HarnessSetup } from "../../contract/harness.ts";
import { delivering } from "../delivering.ts";

/** Milliseconds that only `advance` moves. */
export class ManualClock {
  #time = 1_700_000_000_000;

  readonly now = (): number => this.#time;

  advance(ms: number): void {
    this.#time += ms;
  }
}

export async function makeMemoryHarness({ target, tokenLifetime, tidings }: HarnessSetup): Promise<Harness> {
  const clock = new ManualClock();
  const deliveries: Delivery[] = [];
  const host = {
    lost: (channel: string) => expect.fail(`memory lost something of ${channel}`),
    target,
  };
  const backplane = createMemoryBackplane(host, { now: clock.now, tokenLifetime, tidings });
  await backplane.start();
  return {
    backplane: delivering(backplane, (delivery) => deliveries.push(delivery)),
    deliveries,
    advance: async (ms) => clock.advance(ms),
    sweep: async () => {
      if (backplane.presence instanceof MemoryPresence) backplane.presence.sweep();
      if (backplane.users instanceof MemoryUsers) backplane.users.sweep();
    },
    age: async (ms) => clock.advance(ms),
    now: clock.now,
    stop: () => backplane.stop(),
  };
}
