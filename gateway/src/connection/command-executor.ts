/*
 * Does on this node's connections what a backend asks of the whole cluster, and what emitters ask of a socket.
 * `backplane` calls it with every command, on each node. Connections that end meanwhile are passed over.
 */

import { describeCommand } from "../backplane/command.ts";
import type { Command, CommandReply, ConnectionInfo, ControlTarget, NodeInfo } from "../backplane/ports.ts";
import { Failure } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Connection } from "./connection.ts";
import type { FreshRevocations } from "./fresh-revocations.ts";
import type { Joiner } from "./joiner.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Registry } from "./registry.ts";
import { subscribeReply } from "./replies.ts";

export interface CommandExecutorOptions {
  node: string;
  registry: Registry;
  joiner: Joiner;
  lifecycle: Pick<Lifecycle, "end">;
  revocations: Pick<FreshRevocations, "note">;
  describe(): NodeInfo;
  log: Log;
}

/** What backends ask of this node's connections. */
export class CommandExecutor implements Omit<ControlTarget, "report"> {
  readonly #options: CommandExecutorOptions;

  constructor(options: CommandExecutorOptions) {
    this.#options = options;
  }

  async execute(command: Command): Promise<CommandReply> {
    // Before the connections are looked for: one that is opened meanwhile finds the revocation here.
    if (command.kind === "revoke") this.#options.revocations.note(command.user, command.before);
    const touched: Connection[] = [];
    await Promise.all(
      this.#targets(command).map(async (connection) => {
        if (await this.#applied(command, connection)) touched.push(connection);
      }),
    );
    this.#logExecuted(command, touched.length);
    return { connections: touched.map((connection) => this.#describe(connection)) };
  }

  describe(): NodeInfo {
    return this.#options.describe();
  }

  /**
   * An emitter takes a socket out of a room.
   *
   * @returns whether that is a channel it is subscribed to; the subscription then ends, and the client is sent
   * `unsubscribed`
   */
  leave(id: string, channel: string): boolean {
    const connection = this.#options.registry.get(id);
    if (!connection?.held.has(channel)) return false;
    // It fails only where the connection ends meanwhile, and its subscriptions with it.
    this.#unsubscribe(connection, channel).catch(() => {});
    return true;
  }

  /** An emitter ends a socket. @returns whether it is a connection of this node */
  end(id: string): boolean {
    const connection = this.#options.registry.get(id);
    if (connection) this.#options.lifecycle.end(connection, "disconnected", false);
    return connection !== undefined;
  }

  #logExecuted(command: Command, connections: number): void {
    const { log } = this.#options;
    if (log.isLevelEnabled("debug"))
      log.write("command_executed", { ...describeCommand(command), connections });
  }

  /** The connections of this node that the command is for. */
  #targets(command: Command): Connection[] {
    const { registry } = this.#options;
    const target = command.kind === "disconnect" ? command.target : command;
    if ("user" in target) return registry.ofUser(target.user);
    const connection = registry.get(target.connection);
    return connection ? [connection] : [];
  }

  /** One connection that ends meanwhile must not fail what was done for the others. */
  async #applied(command: Command, connection: Connection): Promise<boolean> {
    try {
      return await this.#apply(command, connection);
    } catch {
      return false;
    }
  }

  /** @returns whether the command changed or found anything on the connection */
  async #apply(command: Command, connection: Connection): Promise<boolean> {
    const { lifecycle } = this.#options;
    switch (command.kind) {
      case "connections":
        return true;
      case "disconnect":
        lifecycle.end(connection, "disconnected", command.reconnect);
        return true;
      case "replace":
        lifecycle.end(connection, "replaced", false);
        return true;
      case "revoke":
        return this.#revoke(connection, command.before);
      case "subscribe":
        return this.#subscribe(connection, command.channel);
      case "unsubscribe":
        return this.#unsubscribe(connection, command.channel);
    }
  }

  /** A session of a newer token may still hold subscriptions that older channel tokens gave it. */
  async #revoke(connection: Connection, before: number): Promise<boolean> {
    const { lifecycle, joiner } = this.#options;
    if ((connection.identity.issuedAt ?? Number.POSITIVE_INFINITY) <= before) {
      lifecycle.end(connection, "revoked", false);
      return true;
    }
    let ended = false;
    await connection.work.run(true, async () => {
      ended = await joiner.endRevoked(connection, before);
    });
    return ended;
  }

  /** The client did not ask, so it gets an event in place of a reply. */
  async #subscribe(connection: Connection, channel: string): Promise<boolean> {
    if (connection.held.has(channel)) return true;
    if (connection.bound !== undefined) return false;
    let joined = false;
    await connection.work.run(true, () =>
      this.#options.joiner.grant(connection, channel, (result) => {
        joined = "outcome" in result;
        if (joined) connection.wire.send("subscribed", subscribeReply(result));
      }),
    );
    return joined;
  }

  /** @returns whether it was subscribed */
  async #unsubscribe(connection: Connection, channel: string): Promise<boolean> {
    if (!connection.held.has(channel)) return false;
    const failure = new Failure("disconnected", "A backend ended the subscription.");
    await connection.work.run(true, () => this.#options.joiner.expel(connection, channel, failure));
    return true;
  }

  #describe({ id: connection, user, connectedAt: since, away, wire }: Connection): ConnectionInfo {
    const { address, agent } = wire;
    const { node } = this.#options;
    return { connection, user, node, since, state: away ? "away" : "online", address, agent };
  }
}
