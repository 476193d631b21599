/*
 * Finds the connections of this node, for commands, drains and metrics. `lifecycle.ts` adds and removes. It keeps no
 * order but that of the connects.
 */

import type { Connection } from "./connection.ts";

/** The connections of this node, by id and by user. */
export class Registry {
  readonly #byId = new Map<string, Connection>();
  /** A user mostly has one connection; the set is made for the second. */
  readonly #byUser = new Map<string, Connection | Set<Connection>>();

  get size(): number {
    return this.#byId.size;
  }

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection);
    const others = this.#byUser.get(connection.user);
    if (others === undefined) this.#byUser.set(connection.user, connection);
    else if (others instanceof Set) others.add(connection);
    else this.#byUser.set(connection.user, new Set([others, connection]));
  }

  remove(connection: Connection): void {
    this.#byId.delete(connection.id);
    const others = this.#byUser.get(connection.user);
    if (others === connection) this.#byUser.delete(connection.user);
    else if (others instanceof Set && others.delete(connection) && others.size === 0) {
      this.#byUser.delete(connection.user);
    }
  }

  get(id: string): Connection | undefined {
    return this.#byId.get(id);
  }

  /** A copy: whoever walks it may end the connections. */
  ofUser(user: string): Connection[] {
    const found = this.#byUser.get(user);
    if (found === undefined) return [];
    return found instanceof Set ? [...found] : [found];
  }

  /** The oldest first. */
  all(): Connection[] {
    return [...this.#byId.values()];
  }
}
