/*
 * Owns the asking of all nodes at once. The server API sends commands through it, and the home shard's pub/sub brings
 * those of others. A node that does not execute one is named as unreached: without that a disconnect would seem done
 * where a session goes on.
 */

import type { BackplaneMeter } from "../../../meter.ts";
import { randomText } from "../../../random.ts";
import type { ThrottledLog } from "../../../throttled-log.ts";
import { describeCommand } from "../../command.ts";
import type {
  Command,
  CommandResult,
  ConnectionInfo,
  Control,
  ControlTarget,
  NodeInfo,
} from "../../ports.ts";
import { homeTag, type Keys } from "../keys.ts";
import type { Shards } from "../shards/shards.ts";
import { type CommandRequest, type CommandResponse, parseRequest, parseResponse } from "./command-wire.ts";
import type { Leases, NodeLease } from "./leases.ts";

/** Milliseconds in which the other nodes have to reply, so that the whole answer takes less than a second. */
const replyLimit = 800;

export interface RedisControlOptions {
  keys: Keys;
  leases: Leases;
  shards: Shards;
  throttledLog: ThrottledLog;
  meter: BackplaneMeter;
  target: ControlTarget;
  /** Where this node receives replies. */
  address: string;
}

/** A command that this node has sent, until all who have to answer have, or it has waited long enough. */
class PendingCommand {
  readonly connections: ConnectionInfo[] = [];
  /** By address, whether the command was executed there. */
  readonly #answers = new Map<string, boolean>();
  #expected: readonly string[] | undefined;
  readonly done: Promise<void>;
  #finish: () => void = () => {};

  constructor() {
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
      setTimeout(resolve, replyLimit).unref();
    });
  }

  /** Replies may come before it is known who has to reply. */
  expect(addresses: readonly string[]): void {
    this.#expected = addresses;
    this.#check();
  }

  add({ from, understood, connections }: CommandResponse): void {
    // Whoever answers twice has not executed it twice.
    if (this.#answers.has(from)) return;
    this.#answers.set(from, understood);
    this.connections.push(...connections);
    this.#check();
  }

  get replies(): number {
    return this.#answers.size;
  }

  wasExecutedBy(address: string): boolean {
    return this.#answers.get(address) === true;
  }

  #check(): void {
    if (this.#expected?.every((address) => this.#answers.has(address))) this.#finish();
  }
}

/** Commands to all nodes, over pub/sub. Who has to reply is known by the leases. */
export class RedisControl implements Control {
  readonly #options: RedisControlOptions;
  /** By the command's id. */
  readonly #pending = new Map<string, PendingCommand>();

  constructor(options: RedisControlOptions) {
    this.#options = options;
  }

  /** Receives commands and replies from now on. */
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

  /** A node that has lost its lease is still listed under it until that is swept, with the address that it keeps. */
  #others(all: readonly NodeLease[]): NodeLease[] {
    return all.filter(({ address, lease }) => {
      return address !== this.#options.address && lease !== this.#options.leases.current;
    });
  }

  /**
   * The leases are read while the command is on its way. A node that joins between the two may execute it, and
   * is not waited for. Where Redis cannot be reached, all are unreached.
   */
  async #ask(command: Command): Promise<CommandResult> {
    const { shards, keys, leases, address } = this.#options;
    const id = randomText(8, "hex");
    const pending = new PendingCommand();
    this.#pending.set(id, pending);
    try {
      const request: CommandRequest = { id, from: address, command };
      const published = shards.home.redis.call((client) =>
        client.call(keys.publish, keys.commands(), JSON.stringify(request)),
      );
      await Promise.all([leases.look(), published]);
      // Who does not know the kind may not answer at all, as 0.1.0 does not, and is not waited for.
      const able = this.#others(leases.known).filter((other) => knows(other, command));
      pending.expect(able.map((other) => other.address));
      await pending.done;
    } catch (error) {
      this.#options.throttledLog.warn("command_not_sent", error);
    } finally {
      this.#pending.delete(id);
    }
    // `known` and not `live`: in an outage of Redis all leases end, and nobody would be left to be called unreached.
    const others = this.#others(leases.known);
    const missing = others.filter((other) => !pending.wasExecutedBy(other.address));
    const unreached = missing.map(({ info }) => info.node);
    this.#options.meter.unreached(unreached.length);
    const { log } = this.#options.throttledLog;
    if (log.isLevelEnabled("debug")) {
      const { replies } = pending;
      log.write("command_sent", { ...describeCommand(command), nodes: others.length, replies, unreached });
    }
    return { connections: pending.connections, unreached };
  }

  /** Whatever is published to these channels, by whomever, costs no more than a log line. */
  #read<Message>(message: Buffer, parse: (message: Buffer) => Message): Message | undefined {
    try {
      return parse(message);
    } catch (error) {
      this.#options.throttledLog.malformed("node_message_malformed", error);
      return undefined;
    }
  }

  async #execute(message: Buffer): Promise<void> {
    const { shards, keys, target, address, throttledLog } = this.#options;
    const request = this.#read(message, parseRequest);
    if (!request || request.from === address) return;
    const { id, from, command } = request;
    if (!command) throttledLog.warn("command_unknown");
    try {
      const { connections } = command ? await target.execute(command) : { connections: [] };
      const response: CommandResponse = { id, from: address, understood: command !== undefined, connections };
      const bytes = JSON.stringify(response);
      await shards.home.redis.call((client) => client.call(keys.publish, keys.replies(from), bytes));
    } catch (error) {
      throttledLog.warn("command_failed", error);
    }
  }

  #receive(message: Buffer): void {
    const response = this.#read(message, parseResponse);
    if (response) this.#pending.get(response.id)?.add(response);
  }
}

function knows({ understands }: NodeLease, { kind }: Command): boolean {
  return understands.command?.includes(kind) === true;
}
