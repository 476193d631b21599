/*
 * Reports connections to where those of known users are kept, for hooks and for the limit a user. `lifecycle.ts` calls it at
 * begin and end, `joiner.ts` as apps go away and come back. Where nobody wants to know of users it does nothing.
 */

import type { Users, Visitor } from "../backplane/tidings.ts";
import type { CloseReason } from "../meter.ts";
import type { Connection } from "./connection.ts";

/** Connections of users who are known, as others hear of them. */
export class Visits {
  readonly #users: Users;

  constructor(users: Users) {
    this.#users = users;
  }

  begin(connection: Connection): void {
    const visitor = this.#visitorOf(connection);
    if (visitor) connection.entered = this.#users.connected(visitor);
  }

  /** Resolves once what is told of the connection's begin is stored. */
  async begun(connection: Connection): Promise<void> {
    await connection.entered;
    connection.entered = undefined;
  }

  end(connection: Connection, code: CloseReason): void {
    const visitor = this.#visitorOf(connection);
    const heard = connection.wire.heard * 1_000;
    if (visitor) void this.#users.disconnected(visitor, { code, heard });
  }

  /** What hooks hear of it has a pace of its own. */
  setAway(connection: Connection): void {
    const visitor = this.#visitorOf(connection);
    if (visitor) void this.#users.setAway(visitor, connection.awaySince);
  }

  /** Nobody where none wants to know, and nobody who is anonymous. */
  #visitorOf({ id, user, subject, connectedAt: since, wire }: Connection): Visitor | undefined {
    if (!this.#users.active || subject.anonymous) return undefined;
    return { user, connection: id, since, address: wire.address, agent: wire.agent };
  }
}
