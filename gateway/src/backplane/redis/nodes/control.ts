import { randomBytes } from "node:crypto";
import type { BackplaneMeter } from "../../../meter.ts";
import type {
  Command,
  CommandReply,
  CommandResult,
  ConnectionInfo,
  Control,
  ControlTarget,
  NodeInfo,
} from "../../ports.ts";
import { homeTag, type Keys } from "../keys.ts";
import type { Shards } from "../shards/shards.ts";
import type { ThrottledLog } from "../throttled-log.ts";
import { type Order, parseOrder, parseReport } from "./command-wire.ts";
import type { Leases, Neighbour } from "./leases.ts";

/** Milliseconds in which the other nodes have to reply, so that the whole answer takes less than a second. */
const replyLimit = 800;

export interface RedisControlOptions {
  keys: Keys;
  leases: Leases;
  shards: Shards;
  throttledLog: ThrottledLog;
  meter: BackplaneMeter;
  target: ControlTarget;
  /** Where this node hears replies. */
  address: string;
}

/** The replies to one command. */
class Inquiry {
  readonly connections: ConnectionInfo[] = [];
  readonly #replied = new Set<string>();
  #expected: readonly string[] | undefined;
  readonly done: Promise<void>;
  #finish: () => void = () => {};

  constructor() {
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
      setTimeout(resolve, replyLimit).unref();
    });
  }

  expect(addresses: readonly string[]): void {
    this.#expected = addresses;
    this.#check();
  }

  add(from: string, reply: CommandReply): void {
    if (this.#replied.has(from)) return;
    this.#replied.add(from);
    this.connections.push(...reply.connections);
    this.#check();
  }

  hasReplyOf(address: string): boolean {
    return this.#replied.has(address);
  }

  #check(): void {
    if (this.#expected?.every((address) => this.#replied.has(address))) this.#finish();
  }
}

/** Commands to all nodes, over pub/sub. Who has to reply is known by the leases. */
export class RedisControl implements Control {
  readonly #options: RedisControlOptions;
  readonly #inquiries = new Map<string, Inquiry>();

  constructor(options: RedisControlOptions) {
    this.#options = options;
  }

  /** Hears commands and replies from now on. */
  listen(): void {
    const { shards, keys, address } = this.#options;
    const { pubsub } = shards.home;
    const handler = { tag: homeTag };
    pubsub.want({ ...handler, name: keys.commands(), receive: (message) => void this.#execute(message) });
    pubsub.want({ ...handler, name: keys.replies(address), receive: (message) => this.#receive(message) });
  }

  async send(command: Command): Promise<CommandResult> {
    const [own, others] = await Promise.all([this.#options.target.execute(command), this.#ask(command)]);
    return { ...others, connections: [...own.connections, ...others.connections] };
  }

  async nodes(): Promise<NodeInfo[]> {
    const { leases, target } = this.#options;
    await leases.look();
    return [target.describe(), ...this.#others(leases.live).map(({ info }) => info)];
  }

  #others(neighbours: readonly Neighbour[]): Neighbour[] {
    return neighbours.filter(({ address, lease }) => {
      return address !== this.#options.address && lease !== this.#options.leases.current;
    });
  }

  /** Where Redis cannot be reached, all others are unreached. */
  async #ask(command: Command): Promise<CommandResult> {
    const { shards, keys, leases, address } = this.#options;
    const id = randomBytes(8).toString("hex");
    const inquiry = new Inquiry();
    this.#inquiries.set(id, inquiry);
    try {
      const order: Order = { id, from: address, command };
      const published = shards.home.redis.call((client) =>
        client.call(keys.publish, keys.commands(), JSON.stringify(order)),
      );
      await Promise.all([leases.look(), published]);
      inquiry.expect(this.#others(leases.known).map((other) => other.address));
      await inquiry.done;
    } catch (error) {
      this.#options.throttledLog.warn("A command could not be sent to the other nodes.", error);
    } finally {
      this.#inquiries.delete(id);
    }
    // Once Redis is away for longer than leases hold, it is still those that were there before.
    const unreached = this.#others(leases.known).filter((other) => !inquiry.hasReplyOf(other.address));
    this.#options.meter.unreached(unreached.length);
    return { connections: inquiry.connections, unreached: unreached.map(({ info }) => info.node) };
  }

  /** Nothing that anybody publishes may end more than itself. */
  #read<Message>(message: Buffer, parse: (message: Buffer) => Message): Message | undefined {
    try {
      return parse(message);
    } catch (error) {
      this.#options.throttledLog.malformed("Redis brought a command or a reply that is none.", error);
      return undefined;
    }
  }

  async #execute(message: Buffer): Promise<void> {
    const { shards, keys, target, address, throttledLog } = this.#options;
    const order = this.#read(message, parseOrder);
    if (!order || order.from === address) return;
    const { id, from, command } = order;
    try {
      const reply = await target.execute(command);
      const report = JSON.stringify({ id, from: address, ...reply });
      await shards.home.redis.call((client) => client.call(keys.publish, keys.replies(from), report));
    } catch (error) {
      throttledLog.warn("A command of another node has failed.", error);
    }
  }

  #receive(message: Buffer): void {
    const report = this.#read(message, parseReport);
    if (report) this.#inquiries.get(report.id)?.add(report.from, report);
  }
}
