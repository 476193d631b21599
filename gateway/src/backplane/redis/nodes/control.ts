/*
 * Owns the asking of all nodes at once. The server API sends commands through it, and the home shard's pub/sub brings
 * those of others. A node that does not execute one is named as unreached: without that a disconnect would seem done
 * where a session goes on.
 */

import type { BackplaneMeter } from "../../../meter.ts";
import { randomText } from "../../../random.ts";
import type { ThrottledLog } from "../../../throttled-log.ts";
import { describeCommand } from "../../command.ts";
import type { Command, CommandResult, Control, ControlTarget, NodeInfo } from "../../ports.ts";
import type { Asked, Question, Questions, ReportKind } from "../../reports.ts";
import { homeTag, type Keys } from "../keys.ts";
import type { Shards } from "../shards/shards.ts";
import {
  type CommandRequest,
  type CommandResponse,
  parseRequest,
  parseResponse,
  reportIn,
} from "./command-wire.ts";
import type { Leases, NodeLease } from "./leases.ts";

/** Milliseconds in which the other nodes have to reply, so that the whole answer takes less than a second. */
const replyLimit = 800;
/** Milliseconds; a node scans its channels once a second at most, so a question for them may have to wait for that. */
const channelsLimit = 2_500;

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

/** What this node has sent, until all who have to answer have, or it has waited long enough. */
class PendingCommand {
  /** By address, the first response: whoever answers twice has not executed it twice. */
  readonly #responses = new Map<string, CommandResponse>();
  #expected: readonly string[] | undefined;
  readonly done: Promise<void>;
  #finish: () => void = () => {};

  constructor(limit: number) {
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
      setTimeout(resolve, limit).unref();
    });
  }

  /** Replies may come before it is known who has to reply. */
  expect(addresses: readonly string[]): void {
    this.#expected = addresses;
    this.#check();
  }

  add(response: CommandResponse): void {
    if (this.#responses.has(response.from)) return;
    this.#responses.set(response.from, response);
    this.#check();
  }

  get responses(): CommandResponse[] {
    return [...this.#responses.values()];
  }

  wasExecutedBy(address: string): boolean {
    return this.#responses.get(address)?.understood === true;
  }

  #check(): void {
    if (this.#expected?.every((address) => this.#responses.has(address))) this.#finish();
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
    const [own, others] = await Promise.all([
      this.#options.target.execute(command),
      this.#broadcast(command, replyLimit),
    ]);
    const connections = others.responses.flatMap((response) => response.connections);
    return { connections: [...own.connections, ...connections], unreached: others.unreached };
  }

  async ask<Kind extends ReportKind>(kind: Kind, about: Questions[Kind]): Promise<Asked<Kind>> {
    const limit = kind === "channels" ? channelsLimit : replyLimit;
    const question = { kind, about } as Question;
    const [own, others] = await Promise.all([
      this.#options.target.report(kind, about),
      this.#broadcast(question, limit),
    ]);
    const reports = others.responses.map((response) => reportIn(kind, response));
    return {
      reports: [own, ...reports.filter((report) => report !== undefined)],
      unreached: others.unreached,
    };
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
  async #broadcast(
    command: Command | Question,
    limit: number,
  ): Promise<{ responses: CommandResponse[]; unreached: string[] }> {
    const { leases, address } = this.#options;
    const id = randomText(8, "hex");
    const pending = new PendingCommand(limit);
    this.#pending.set(id, pending);
    try {
      const isSent = await this.#publish({ id, from: address, command });
      // Who does not know the kind may not answer at all, as 0.1.0 does not, and is not waited for.
      const able = this.#others(leases.known).filter((other) => isSent && knows(other, command));
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
    const { responses } = pending;
    this.#options.meter.unreached(unreached.length);
    this.#logSent(command, others.length, responses.length, unreached);
    return { responses, unreached };
  }

  /**
   * A question is asked again and again while somebody watches, and to a node of 0.1.0 each would be malformed: where
   * one is there, nobody is asked. A command is sent regardless, since it must reach those who know it.
   *
   * @returns whether it was sent
   */
  async #publish(request: CommandRequest & { command: Command | Question }): Promise<boolean> {
    const { shards, keys, leases } = this.#options;
    const { kind } = request.command;
    const publish = () =>
      shards.home.redis.call((client) => client.call(keys.publish, keys.commands(), JSON.stringify(request)));
    if (!("about" in request.command)) {
      await Promise.all([leases.look(), publish()]);
      return true;
    }
    await leases.look();
    if (!leases.allUnderstand("command", kind)) return false;
    await publish();
    return true;
  }

  #logSent(command: Command | Question, nodes: number, replies: number, unreached: string[]): void {
    const { log } = this.#options.throttledLog;
    if (!log.isLevelEnabled("debug")) return;
    log.write("command_sent", { ...describeCommand(command), nodes, replies, unreached });
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
      const done = command ? await carryOut(target, command) : { connections: [] };
      const response: CommandResponse = { id, from: address, understood: command !== undefined, ...done };
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

async function carryOut(
  target: ControlTarget,
  command: Command | Question,
): Promise<Pick<CommandResponse, "connections" | "report">> {
  if (!("about" in command)) return target.execute(command);
  return { connections: [], report: await target.report(command.kind, command.about) };
}

function knows({ understands }: NodeLease, { kind }: { kind: string }): boolean {
  return understands.command?.includes(kind) === true;
}
