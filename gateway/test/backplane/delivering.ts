import type { Backplane, Broker, Delivery, Retention } from "../../src/backplane/ports.ts";

/** A broker all of whose subscriptions deliver to one place. */
export interface DeliveringBroker extends Omit<Broker, "subscribe"> {
  subscribe(channel: string, retention: Retention | undefined): ReturnType<Broker["subscribe"]>;
}

export type DeliveringBackplane = Omit<Backplane, "broker"> & { broker: DeliveringBroker };

/** The backplane, and what is delivered to any subscription made through it. */
export function delivering(backplane: Backplane, receive: (delivery: Delivery) => void): DeliveringBackplane {
  return { ...backplane, broker: deliveringBroker(backplane.broker, receive) };
}

export function deliveringBroker(broker: Broker, receive: (delivery: Delivery) => void): DeliveringBroker {
  return {
    publish: (draft) => broker.publish(draft),
    subscribe: (channel, retention) => broker.subscribe(channel, retention, { receive }),
    unsubscribe: (channel) => broker.unsubscribe(channel),
    read: (reads, budget) => broker.read(reads, budget),
    clear: (channel, retention) => broker.clear(channel, retention),
  };
}
