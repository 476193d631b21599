import fc from "fast-check";
import type { ReadBudget, ReadFrom } from "../../../src/backplane/ports.ts";

/** Milliseconds for which the channels keep messages. */
export const ttl = 1_000;
export const channelNames = ["a", "b"] as const;
export type ChannelName = (typeof channelNames)[number];

export interface Read {
  channel: ChannelName;
  from: Exclude<ReadFrom, object> | { offset: number; lifeBack: number };
  reverse: boolean;
  limit: number | undefined;
}

export type Step =
  | { do: "publish"; channel: ChannelName; data: string; stored: boolean; key: string | undefined }
  | { do: "subscribe" | "unsubscribe" | "clear"; channel: ChannelName }
  | { do: "trim"; size: number }
  | { do: "advance"; ms: number }
  | { do: "sweep" }
  | { do: "read"; reads: Read[]; budget: ReadBudget };

const channel = fc.constantFrom(...channelNames);
const read: fc.Arbitrary<Read> = fc.record({
  channel,
  from: fc.oneof(
    fc.constantFrom("top" as const, "start" as const, "newest" as const),
    fc.record({ offset: fc.nat(10), lifeBack: fc.constantFrom(0, 0, 0, 1, 2) }),
  ),
  reverse: fc.boolean(),
  limit: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
});
/** One call, or something else that happens between calls. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      channel,
      data: fc.string({ unit: fc.constantFrom("x", "é", "潮", "😀"), maxLength: 30 }),
      stored: fc.constantFrom(true, true, true, false),
      key: fc.option(fc.constantFrom("k", "l"), { nil: undefined, freq: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("subscribe" as const, "unsubscribe" as const, "clear" as const),
      channel,
    }),
  },
  fc.record({ do: fc.constant("trim" as const), size: fc.integer({ min: 1, max: 6 }) }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("advance" as const),
      ms: fc.oneof(fc.nat(600), fc.constantFrom(ttl, ttl + 1, 299_999, 300_000)),
    }),
  },
  fc.record({ do: fc.constant("sweep" as const) }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      reads: fc.array(read, { minLength: 1, maxLength: 3 }),
      budget: fc.record({
        messages: fc.integer({ min: 1, max: 6 }),
        bytes: fc.nat(600),
        attachments: fc.constant(0),
      }),
    }),
  },
);
