import assert from "node:assert/strict";
import type { ChannelRule } from "../../../src/config/rules.ts";
import type { SubscriptionItem } from "../../../src/protocol/request-schemas.ts";
import { TestNode } from "../node.ts";
import { Client, type Data } from "./client.ts";
import { createRooms } from "./coalescing.ts";
import { Gates, SlowLink, slowBroker } from "./gates.ts";
import { Record } from "./record.ts";
import { type ChannelName, channelNames, clientCount, type Plan, type Step, ttl } from "./steps.ts";

export interface WorldOptions {
  rule: ChannelRule;
  /** Deliveries come some time after the publication, as through Redis. */
  slowLink: boolean;
  /** Lets the timers of conflated rooms run. */
  runTimers(ms: number): void;
}

/** The channels of a node, the real ones, and clients that check all that they are shown. */
export class World {
  readonly clients: Client[];
  readonly #options: WorldOptions;
  readonly #gates = new Gates();
  readonly #link = new SlowLink();
  readonly #record = new Record();
  readonly #rooms = createRooms((id, frames) => this.#show(id, frames));
  readonly #node: TestNode;
  /** The first thing that went wrong where nobody waited for it. */
  #fault: unknown;
  #published = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { rule, slowLink } = options;
    this.clients = Array.from(
      { length: clientCount },
      (_, index) => new Client(`user-${index}`, rule.latest),
    );
    const confirmed = slowLink ? this.#link.pass : () => this.#gates.pass();
    const around = (broker: TestNode["backplane"]["broker"]) => slowBroker(broker, this.#gates, confirmed);
    const carry = slowLink ? { carry: this.#link.carry } : {};
    this.#node = new TestNode({ rules: [rule], rooms: this.#rooms, around, ...carry });
  }

  async run({ steps }: Plan): Promise<void> {
    for (const step of steps) {
      await this.#take(step);
      await this.#rest();
    }
    await this.#settle();
    await this.#checkLive();
    for (const client of this.clients) {
      const names = channelNames.filter((name) => client.views.has(name));
      if (names.length > 0)
        this.#subscribe(
          client,
          names.map((name) => client.item(name, "last")),
        );
    }
    await this.#settle();
    await this.#checkLive();
    for (const view of this.#views()) assert(view.live, "whoever comes back becomes live again");
  }

  /** How often a client was told that its recovery is refused. */
  get refused(): number {
    return this.#views().reduce((sum, view) => sum + view.refused, 0);
  }

  async stop(): Promise<void> {
    this.#rooms.close();
    await this.#node.stop();
  }

  async #take(step: Step): Promise<void> {
    switch (step.do) {
      case "publish":
        return this.#publish(step);
      case "subscribe": {
        const client = this.#client(step.client);
        return this.#subscribe(
          client,
          step.channels.map((name) => client.item(name, step.since)),
        );
      }
      case "unsubscribe":
        return this.#unsubscribe(this.#client(step.client), step.channel);
      case "disconnect":
        return this.#disconnect(this.#client(step.client));
      case "release":
        return this.#gates.release(step.pick);
      case "arrive":
        return this.#link.arrive(step.count);
      case "turn":
        return turn();
      case "advance":
        return this.#advance(step.ms);
      case "clear":
        return this.#node.history.clear(step.channel, this.#node.rules.policyOf(step.channel));
    }
  }

  #publish({ channel, by, id, echo, attachments }: Step & { do: "publish" }): void {
    const number = this.#published;
    this.#published += 1;
    const data: Data = { number, blobs: Array(attachments).fill(Buffer.from(String(number))) };
    const client = by === "api" ? undefined : this.#client(by);
    const except = client?.connection && !echo ? [client.connection.id] : [];
    const publication = { channel, by: client?.user ?? "api", id, number, time: this.#node.clock.now() };
    const { publisher, rules } = this.#node;
    const draft = { channel, data, id, except };
    const attempt = client
      ? publisher.measure("client", () =>
          publisher.send({ ...draft, user: client.user }, rules.policyOf(channel), "mixed"),
        )
      : publisher.publish(draft);
    attempt
      .then((position) => this.#record.acknowledged(publication, position))
      .catch((fault) => this.#note(fault));
  }

  #subscribe(client: Client, items: SubscriptionItem[]): void {
    client.connection ??= this.#node.open(client.user);
    const { connection } = client;
    connection.work
      .run(true, () =>
        this.#node.subscriptions.subscribe(connection, items, (results) => {
          const next = client.answer(items, results);
          if (next.length > 0) this.#subscribe(client, next);
        }),
      )
      .catch((fault) => connection.closed || this.#note(fault));
  }

  #unsubscribe(client: Client, channel: ChannelName): void {
    const { connection } = client;
    connection?.work
      .run(true, async () => {
        const done = this.#node.subscriptions.unsubscribe(connection, channel);
        if (client.connection === connection) client.deafen(channel);
        await done;
      })
      .catch((fault) => connection.closed || this.#note(fault));
  }

  #disconnect(client: Client): void {
    const { connection } = client;
    if (!connection) return;
    client.connection = undefined;
    client.deafen();
    this.#rooms.delAll(connection.id);
    connection.closed = true;
    this.#node.subscriptions.end(connection).catch((fault) => this.#note(fault));
  }

  #advance(ms: number): void {
    this.#node.clock.advance(ms);
    this.#options.runTimers(ms);
  }

  /** Lets everything that can happen by itself happen. */
  async #settle(): Promise<void> {
    await this.#rest();
    while (this.#gates.size + this.#link.size > 0) {
      this.#gates.release(0);
      this.#link.arrive(1);
      await this.#rest();
    }
    await turn();
    // As long as a conflated room can hold its last value back, which is not long enough to lose any.
    this.#options.runTimers(ttl / 2);
    await turn();
    await this.#rest();
  }

  /** Whoever is subscribed has come to the channel's end, and was shown only what was published. */
  async #checkLive(): Promise<void> {
    for (const channel of channelNames) {
      const position = await this.#top(channel);
      for (const client of this.clients) {
        const view = client.views.get(channel);
        if (view?.live) assert.deepEqual(view.position, position);
        for (const message of view?.log ?? []) this.#record.check(message);
      }
    }
  }

  async #top(channel: ChannelName) {
    const { history: retention } = this.#node.rules.policyOf(channel);
    assert(retention);
    const budget = { messages: 1, bytes: 1, attachments: 1 };
    const [page] = await this.#node.backplane.broker.read([{ channel, retention, from: "top" }], budget);
    return page?.top;
  }

  /** Until nothing can go on without a step. */
  async #rest(): Promise<void> {
    // The next tick comes when all promises have been seen to.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    if (this.#fault) throw this.#fault;
  }

  #note(fault: unknown): void {
    this.#fault ??= fault;
  }

  /** Rooms write at the end of a turn, where a fault would reach nobody. */
  #show(id: string, frames: Buffer): void {
    try {
      this.clients.find(({ connection }) => connection?.id === id)?.append(frames);
    } catch (fault) {
      this.#note(fault);
    }
  }

  #views() {
    return this.clients.flatMap((client) => [...client.views.values()]);
  }

  #client(index: number): Client {
    const client = this.clients[index];
    assert(client);
    return client;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
