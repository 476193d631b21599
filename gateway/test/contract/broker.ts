import { describe } from "vitest";
import { idempotencyContract } from "./broker-idempotency.ts";
import { publishingContract } from "./broker-publishing.ts";
import { budgetContract, readingContract } from "./broker-reading.ts";
import { retentionContract } from "./broker-retention.ts";
import type { MakeHarness } from "./harness.ts";

/** What every Broker does. */
export function brokerContract(name: string, makeHarness: MakeHarness): void {
  describe(`${name}: broker`, () => {
    describe("publishing", () => publishingContract(makeHarness));
    describe("idempotency", () => idempotencyContract(makeHarness));
    describe("retention", () => retentionContract(makeHarness));
    describe("reading", () => readingContract(makeHarness));
    describe("budget", () => budgetContract(makeHarness));
  });
}
