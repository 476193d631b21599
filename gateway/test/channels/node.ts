import type { Identity } from "../../src/auth/authenticator.ts";
import { createMemoryBackplane } from "../../src/backplane/memory/backplane.ts";
import type { Backplane, Broker, Delivery, DeliverySink } from "../../src/backplane/ports.ts";
import { Feeds, type Rooms } from "../../src/channels/feeds.ts";
import { History } from "../../src/channels/history.ts";
import { Presence } from "../../src/channels/presence.ts";
import { Publisher } from "../../src/channels/publish.ts";
import { Rules } from "../../src/channels/rules.ts";
import { Subscriptions } from "../../src/channels/subscriptions.ts";
import type { ChannelRule } from "../../src/config/rules.ts";
import { Connection } from "../../src/connection/connection.ts";
import { type Meter, noMeter } from "../../src/meter.ts";
import { ManualClock } from "../backplane/memory/harness.ts";
import { FakeWire } from "../connection/wire.ts";
import { noReports } from "../support/reports.ts";

/** A rule that lets everybody do everything, changed by `more`. */
export function rule(match: string, more: Partial<ChannelRule> = {}): ChannelRule {
  return { match, subscribe: "anyone", publish: "anyone", latest: false, ...more };
}

/** History in which nothing ages while a test runs. */
export const lasting = { size: 1_000, ttl: 600_000, read: "anyone" } as const;

export interface TestNodeOptions {
  rules: readonly ChannelRule[];
  rooms: Rooms;
  /** Puts something between the subscriptions and the broker. */
  around?: (broker: Broker) => Pick<Broker, "read" | "subscribe" | "unsubscribe">;
  /** Takes deliveries to the node; at once where absent. */
  carry?: (delivery: Delivery, receive: (delivery: Delivery) => void) => void;
  maxChannels?: number;
  maxBytes?: number;
  meter?: Meter;
}

/** The channels of one node on memory, with a clock that only the test moves. */
export class TestNode {
  readonly clock = new ManualClock();
  readonly backplane: Backplane;
  readonly rules: Rules;
  readonly feeds: Feeds;
  readonly presence: Presence;
  readonly history: History;
  readonly subscriptions: Subscriptions;
  readonly publisher: Publisher;
  #opened = 0;

  constructor(options: TestNodeOptions) {
    const { rooms, meter = noMeter, maxChannels = 128, maxBytes = 65_536 } = options;
    const { carry = (delivery, receive) => receive(delivery) } = options;
    const { now } = this.clock;
    const host = {
      lost() {},
      target: { execute: async () => ({ connections: [] }), ...noReports, describe },
    };
    this.backplane = createMemoryBackplane(host, { now, tokenLifetime: 3_600_000 });
    void this.backplane.start();
    const broker = carried(this.backplane.broker, carry);
    const guarded = options.around?.(broker) ?? broker;
    this.rules = new Rules(options.rules, 255);
    this.feeds = new Feeds({ broker: guarded, rooms, policyOf: (room) => this.rules.policyOfRoom(room) });
    this.presence = new Presence(this.backplane.presence);
    this.history = new History(broker);
    const { rules, feeds, presence } = this;
    this.subscriptions = new Subscriptions({ rules, broker: guarded, feeds, presence, meter, maxChannels });
    this.publisher = new Publisher({ rules, broker, meter, now, maxDepth: 32, maxBytes });
  }

  /** A new connection of the user; nobody has told the rooms of it. */
  open(user: string, identity: Partial<Identity> = {}): Connection & { readonly wire: FakeWire } {
    this.#opened += 1;
    const wire = new FakeWire(`connection-${this.#opened}`);
    const subject = { user, anonymous: false, allow: [] };
    const whole = { subject, info: undefined, channels: [], ...identity };
    return Object.assign(new Connection(wire, whole, this.clock.now()), { wire });
  }

  /** What a backend publishes. */
  publish(channel: string, data: unknown, id?: string): Promise<string | undefined> {
    return this.publisher.publish({ channel, data, id, except: [] });
  }

  stop(): Promise<void> {
    return this.backplane.stop();
  }
}

/** Takes deliveries to whoever subscribes to their channel when they arrive, as a connection to Redis does. */
function carried(broker: Broker, carry: NonNullable<TestNodeOptions["carry"]>): Broker {
  const sinks = new Map<string, DeliverySink>();
  const arrive = (delivery: Delivery) => sinks.get(delivery.channel)?.receive(delivery);
  return {
    publish: (draft) => broker.publish(draft),
    subscribe(channel, retention, sink) {
      sinks.set(channel, sink);
      return broker.subscribe(channel, retention, { receive: (delivery) => carry(delivery, arrive) });
    },
    unsubscribe(channel) {
      sinks.delete(channel);
      broker.unsubscribe(channel);
    },
    read: (reads, budget) => broker.read(reads, budget),
    clear: (channel, retention) => broker.clear(channel, retention),
  };
}

function describe() {
  return { node: "node-a", version: "0", uptime: 0, connections: 0, subscriptions: 0, draining: false };
}
