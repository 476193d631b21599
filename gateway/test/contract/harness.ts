import { afterEach, beforeEach, expect, vi } from "vitest";
import type {
  Command,
  ControlTarget,
  Delivery,
  Draft,
  HistoryPage,
  HistoryRead,
  ReadBudget,
  Retention,
} from "../../src/backplane/ports.ts";
import type { TidingOptions } from "../../src/backplane/tidings.ts";
import { encodeHead } from "../../src/protocol/packet.ts";
import type { DeliveringBackplane } from "../backplane/delivering.ts";
import { noReports } from "../support/reports.ts";

/** What the contract suites need of an implementation. Each test gets its own, which holds nothing yet. */
export interface Harness {
  backplane: DeliveringBackplane;
  /** All that the sink was given, oldest first; it grows. */
  deliveries: Delivery[];
  /** Lets time pass: a manual clock jumps, a real one is waited for. */
  advance(ms: number): Promise<void>;
  /** Does what has become due, where that does not come by itself with the time. */
  sweep(): Promise<void>;
  /**
   * Brings the end of what is kept for a time so much nearer, for cases of minutes and hours: a manual clock jumps,
   * and Redis is told to let go of its keys that much earlier.
   */
  age(ms: number): Promise<void>;
  /** Unix milliseconds as the implementation has them, what has aged included. */
  now(): number;
  stop(): Promise<void>;
}

export interface HarnessSetup {
  target: ControlTarget;
  /** Milliseconds from a token's `iat` in which it may be accepted. */
  tokenLifetime: number;
  /** What hooks are told; nothing where absent. */
  tidings?: TidingOptions;
}

export type MakeHarness = (setup: HarnessSetup) => Promise<Harness>;

export const tokenLifetime = 3_630_000;

const idleTarget: ControlTarget = {
  execute: async (_command: Command) => ({ connections: [] }),
  ...noReports,
  describe: () => ({
    node: "node-a",
    version: "0.0.0",
    uptime: 0,
    connections: 0,
    subscriptions: 0,
    draining: false,
  }),
};

/** A fresh harness around each test of the enclosing `describe`. */
export function useHarness(makeHarness: MakeHarness, target: ControlTarget = idleTarget): () => Harness {
  let harness: Harness | undefined;
  beforeEach(async () => {
    harness = await makeHarness({ target, tokenLifetime });
  });
  afterEach(async () => {
    await harness?.stop();
  });
  return () => {
    if (!harness) throw new Error("The harness exists only while a test runs.");
    return harness;
  };
}

/** Long enough that nothing ages while a test runs. */
export const lasting: Retention = { size: 1_000, ttl: 600_000 };
export const roomy: ReadBudget = { messages: 10_000, bytes: 16_000_000, attachments: 1_000 };

export function draft(channel: string, data: unknown, more: Partial<Draft> = {}): Draft {
  return { channel, ...encodeHead("message", { channel, data, time: 1 }), except: [], ...more };
}

/** Publishes each value with history, one after the other. */
export async function publishAll(
  { backplane }: Harness,
  channel: string,
  values: readonly unknown[],
  retention: Retention = lasting,
): Promise<void> {
  for (const value of values) await backplane.broker.publish(draft(channel, value, { retention }));
}

/** Reads one channel, by default its whole window. */
export async function readOne(
  { backplane }: Harness,
  channel: string,
  read: Partial<HistoryRead> = {},
  budget: ReadBudget = roomy,
): Promise<HistoryPage> {
  const [page] = await backplane.broker.read(
    [{ channel, retention: lasting, from: "start", ...read }],
    budget,
  );
  if (!page) throw new Error("A read has no page.");
  return page;
}

export function valuesOf(page: HistoryPage | undefined): unknown[] {
  return (page?.entries ?? []).map((entry) => JSON.parse(entry.message).data);
}

export function offsetsOf(page: HistoryPage | undefined): number[] {
  return (page?.entries ?? []).map((entry) => entry.position.offset);
}

export function textOf(delivery: Delivery): string {
  return Buffer.from(delivery.packet).toString("utf8");
}

export function deliveriesOf(harness: Harness, channel: string): Delivery[] {
  return harness.deliveries.filter((delivery) => delivery.channel === channel);
}

const patience = { timeout: 10_000, interval: 5 };

/** The deliveries of a channel, once there are so many. */
export async function delivered(harness: Harness, channel: string, count: number): Promise<Delivery[]> {
  await vi.waitFor(
    () => expect(deliveriesOf(harness, channel).length).toBeGreaterThanOrEqual(count),
    patience,
  );
  return deliveriesOf(harness, channel);
}

/** The `data` of text deliveries. */
export function dataOf(deliveries: readonly Delivery[]): unknown[] {
  return deliveries.map((delivery) => JSON.parse(textOf(delivery).slice(2))[1].data);
}

/** What a subscribed channel delivered up to now, with all that was still on its way. */
export async function settled(harness: Harness, channel: string): Promise<Delivery[]> {
  const isMark = (delivery: Delivery) => textOf(delivery).includes('"data":"settled"');
  await harness.backplane.broker.publish(draft(channel, "settled"));
  await vi.waitFor(() => expect(deliveriesOf(harness, channel).some(isMark)).toBe(true), patience);
  const deliveries = deliveriesOf(harness, channel);
  return deliveries.slice(0, deliveries.findIndex(isMark));
}

/** Waits until a publication made now has come back, for channels that deliver nothing themselves. */
export async function settle(harness: Harness): Promise<void> {
  const channel = `settle:${harness.deliveries.length}`;
  await harness.backplane.broker.subscribe(channel, undefined);
  await settled(harness, channel);
}
