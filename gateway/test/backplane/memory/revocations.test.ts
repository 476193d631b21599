import { expect, it } from "vitest";
import { MemoryRevocations } from "../../../src/backplane/memory/revocations.ts";
import { ManualClock } from "./harness.ts";

const lifetime = 3_630_000;

it("forgets each revocation once the last token from before it has expired", async () => {
  const clock = new ManualClock();
  const revocations = new MemoryRevocations({ now: clock.now, lifetime });
  const start = clock.now() / 1_000;
  await revocations.revoke("ann", start);
  await revocations.revoke("bob", start);
  clock.advance(60_000);
  await revocations.revoke("bob", start + 60);
  clock.advance(lifetime - 60_000);
  revocations.sweep();
  expect(await revocations.revokedBefore("ann")).toBe(start);
  clock.advance(1_000);
  expect(await revocations.revokedBefore("ann")).toBeUndefined();
  expect(revocations.size).toBe(2);
  revocations.sweep();
  expect(revocations.size).toBe(1);
  expect(await revocations.revokedBefore("bob")).toBe(start + 60);
  clock.advance(60_000);
  revocations.sweep();
  expect(revocations.size).toBe(0);
});
