import type {
  Broker,
  Delivery,
  DeliverySink,
  HistoryRead,
  ReadBudget,
  Retention,
} from "../../../src/backplane/ports.ts";

/** Whatever waits until the test lets it go on. */
export class Gates {
  readonly #waiting: (() => void)[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  pass(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets one of those that wait go on. */
  release(pick: number): void {
    const [resolve] = this.#waiting.splice(pick % Math.max(1, this.#waiting.length), 1);
    resolve?.();
  }
}

/**
 * A broker whose calls take effect, and answer, when the gates let them.
 *
 * @param confirmed resolves when the subscriber's connection brings the confirmation of a subscribe
 */
export function slowBroker(broker: Broker, gates: Gates, confirmed: () => Promise<void>) {
  return {
    async subscribe(channel: string, retention: Retention | undefined, sink: DeliverySink) {
      await gates.pass();
      const position = await broker.subscribe(channel, retention, sink);
      await confirmed();
      return position;
    },
    unsubscribe: (channel: string) => broker.unsubscribe(channel),
    async read(reads: readonly HistoryRead[], budget: ReadBudget) {
      await gates.pass();
      const pages = await broker.read(reads, budget);
      await gates.pass();
      return pages;
    },
  };
}

/** Deliveries on their way, in order, as between Redis and a node. */
export class SlowLink {
  readonly #underway: (() => void)[] = [];

  get size(): number {
    return this.#underway.length;
  }

  readonly carry = (delivery: Delivery, receive: (delivery: Delivery) => void): void => {
    this.#underway.push(() => receive(delivery));
  };

  /** What was under way before it has arrived when it resolves. */
  readonly pass = (): Promise<void> => new Promise((resolve) => this.#underway.push(resolve));

  arrive(count: number): void {
    for (const land of this.#underway.splice(0, count)) land();
  }
}
