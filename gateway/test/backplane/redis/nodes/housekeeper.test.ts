import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Housekeeper, type HousekeeperOptions } from "../../../../src/backplane/redis/nodes/housekeeper.ts";
import { silentLog } from "../../../../src/log.ts";
import { ThrottledLog } from "../../../../src/throttled-log.ts";

let release: () => void;
let held: Promise<void>;
/** Lasts until the test is over. */
const hang = () => held;
const fail = () => Promise.reject(new Error("Redis does not answer."));

/** A housekeeper whose parts note what they are asked for. */
class Household {
  readonly renewals: string[] = [];
  readonly swept: string[] = [];
  enforced = 0;
  lease = "first";
  /** What the next renewal finds. */
  nextLease: string | undefined;
  settle: () => Promise<void> = async () => {};
  renew: () => Promise<void> = async () => {};
  enforce: () => Promise<void> = async () => {};
  readonly housekeeper: Housekeeper;

  constructor() {
    const household = this;
    const leases: HousekeeperOptions["leases"] = {
      get current() {
        return household.lease;
      },
      lapse: async () => true,
      renew: async () => {
        await household.renew();
        const former = household.lease;
        household.lease = household.nextLease ?? former;
        household.renewals.push(household.lease);
        return household.lease !== former;
      },
    };
    const sweep = async (lease: string) => void household.swept.push(lease);
    this.housekeeper = new Housekeeper({
      leases,
      sweeper: { sweepLease: sweep, sweepOwn: sweep, sweepLapsed: async () => {} },
      presence: { renew() {}, settle: () => household.settle(), tellDue: async () => {} },
      revocations: {
        enforce: async () => {
          household.enforced += 1;
          await household.enforce();
        },
      },
      target: { execute: async () => ({ connections: [] }) },
      shards: { all: () => [] },
      throttledLog: new ThrottledLog(silentLog),
      interval: 5,
    });
  }
}

const patience = { timeout: 5_000, interval: 5 };

let household: Household;
beforeEach(() => {
  held = new Promise((resolve) => {
    release = resolve;
  });
});
afterEach(async () => {
  release();
  await household.housekeeper.stop();
});

function begin(change: (household: Household) => void): void {
  household = new Household();
  change(household);
  household.housekeeper.start();
}

const expectRenewed = () => vi.waitFor(() => expect(household.renewals.length).toBeGreaterThan(3), patience);
const expectEnforced = () => vi.waitFor(() => expect(household.enforced).toBeGreaterThan(3), patience);

it("renews the lease and enforces revocations while presence is still being entered", async () => {
  begin((one) => {
    one.settle = hang;
  });
  await Promise.all([expectRenewed(), expectEnforced()]);
});

it("does so where some of presence cannot be entered", async () => {
  begin((one) => {
    one.settle = fail;
  });
  await Promise.all([expectRenewed(), expectEnforced()]);
});

it.each([
  ["fail", fail],
  ["take for ever", hang],
])("renews the lease where revocations %s", async (_what, enforce) => {
  begin((one) => {
    one.enforce = enforce;
  });
  await expectRenewed();
});

it.each([
  ["fails", fail],
  ["takes for ever", hang],
])("enforces revocations where the renewal %s", async (_what, renew) => {
  begin((one) => {
    one.renew = renew;
  });
  await expectEnforced();
});

it("gives up a former lease once all is entered under the new one, and not before", async () => {
  begin((one) => {
    one.nextLease = "second";
    one.settle = hang;
  });
  await expectRenewed();
  expect(household.swept).toEqual([]);
  release();
  await vi.waitFor(() => expect(household.swept).toEqual(["first"]), patience);
});

it("tries again to give up a former lease where presence could not be entered", async () => {
  let attempts = 0;
  begin((one) => {
    one.nextLease = "second";
    one.settle = async () => {
      attempts += 1;
      if (attempts < 3) await fail();
    };
  });
  await vi.waitFor(() => expect(household.swept).toEqual(["first"]), patience);
  expect(attempts).toBeGreaterThanOrEqual(3);
});
