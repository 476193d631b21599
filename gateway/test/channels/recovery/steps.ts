import fc from "fast-check";

export const clientCount = 3;
export const channelNames = ["a", "b"] as const;
export type ChannelName = (typeof channelNames)[number];

/** Milliseconds for which the channels keep messages. */
export const ttl = 1_000;

export type Step =
  | {
      do: "publish";
      channel: ChannelName;
      /** A client, or a backend. */
      by: number | "api";
      id: string | undefined;
      echo: boolean;
      attachments: number;
    }
  | { do: "subscribe"; client: number; channels: readonly ChannelName[]; since: "last" | "start" | "none" }
  | { do: "unsubscribe"; client: number; channel: ChannelName }
  | { do: "disconnect"; client: number }
  /** One of the calls to the broker that wait goes on. */
  | { do: "release"; pick: number }
  /** Some of the deliveries that are on their way arrive. */
  | { do: "arrive"; count: number }
  /** The event loop's turn ends. */
  | { do: "turn" }
  | { do: "advance"; ms: number }
  | { do: "clear"; channel: ChannelName };

const channel = fc.constantFrom(...channelNames);
const client = fc.nat(clientCount - 1);

const publish = fc.record({
  do: fc.constant("publish" as const),
  channel,
  by: fc.oneof(client, fc.constant("api" as const)),
  id: fc.option(fc.constantFrom("x", "y"), { nil: undefined, freq: 2 }),
  echo: fc.boolean(),
  // A reply carries ten, so a few such messages do not fit into one.
  attachments: fc.constantFrom(0, 0, 0, 4),
});

const subscribe = fc.record({
  do: fc.constant("subscribe" as const),
  client,
  channels: fc.constantFrom(["a"] as const, ["b"] as const, ["a", "b"] as const),
  since: fc.constantFrom("last" as const, "last" as const, "start" as const, "none" as const),
});

const release = fc.record({ do: fc.constant("release" as const), pick: fc.nat(5) });

/** Steps in which nothing stored is lost, size aside. */
const gentle = [
  { weight: 6, arbitrary: publish },
  { weight: 5, arbitrary: subscribe },
  { weight: 8, arbitrary: release },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("arrive" as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 3, arbitrary: fc.constant({ do: "turn" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unsubscribe" as const), client, channel }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("disconnect" as const), client }) },
];

const harsh = [
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("advance" as const),
      ms: fc.constantFrom(100, 250, ttl, ttl + 1, 300_001),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clear" as const), channel }) },
];

export interface Plan {
  /** How many messages the channels keep. */
  size: number;
  steps: Step[];
}

export const plan: fc.Arbitrary<Plan> = fc.record({
  size: fc.constantFrom(1, 3, 1_000),
  steps: fc.oneof(
    fc.array(fc.oneof(...gentle), { maxLength: 40, size: "max" }),
    fc.array(fc.oneof(...gentle, ...harsh), { maxLength: 40, size: "max" }),
  ),
});

/** Whether the history holds all that was ever published, so that no recovery may be refused. */
export function keepsAll({ size, steps }: Plan): boolean {
  return size === 1_000 && steps.every((step) => step.do !== "advance" && step.do !== "clear");
}
