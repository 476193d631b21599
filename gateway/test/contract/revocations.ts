import { describe, expect, it } from "vitest";
import { type MakeHarness, tokenLifetime, useHarness } from "./harness.ts";

/** Milliseconds around the end, in which an implementation with a clock of its own may be on either side. */
const margin = 30_000;

/** What every Revocations does. */
export function revocationsContract(name: string, makeHarness: MakeHarness): void {
  describe(`${name}: revocations`, () => {
    const harness = useHarness(makeHarness);
    const seconds = () => Math.floor(harness().now() / 1_000);

    it("knows whose tokens are refused", async () => {
      const { revocations } = harness().backplane;
      const before = seconds();
      await revocations.revoke("ann", before);
      expect(await revocations.revokedBefore("ann")).toBe(before);
      expect(await revocations.revokedBefore("bob")).toBeUndefined();
    });

    it.each(["__proto__", "constructor", "用户"])("takes %s as a user like any other", async (user) => {
      const { revocations } = harness().backplane;
      expect(await revocations.revokedBefore(user)).toBeUndefined();
      const before = seconds();
      await revocations.revoke(user, before);
      expect(await revocations.revokedBefore(user)).toBe(before);
    });

    it("keeps the newest, in whatever order they come", async () => {
      const { revocations } = harness().backplane;
      const before = seconds();
      for (const age of [2, 0, 1]) await revocations.revoke("ann", before - age);
      expect(await revocations.revokedBefore("ann")).toBe(before);
    });

    it("remembers while a token could still be older, and no longer", async () => {
      const { revocations } = harness().backplane;
      const before = seconds();
      await revocations.revoke("ann", before);
      await harness().age(tokenLifetime - margin);
      expect(await revocations.revokedBefore("ann")).toBe(before);
      await harness().age(2 * margin);
      expect(await revocations.revokedBefore("ann")).toBeUndefined();
    });

    it("counts anew from a later revocation", async () => {
      const { revocations } = harness().backplane;
      await revocations.revoke("ann", seconds());
      await harness().age(tokenLifetime / 2);
      const later = seconds();
      await revocations.revoke("ann", later);
      await harness().age(tokenLifetime / 2 + margin);
      expect(await revocations.revokedBefore("ann")).toBe(later);
    });
  });
}
