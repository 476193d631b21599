/*
 * Charges what the price list says to the user and to the address, over all their connections of this node. The
 * dispatcher charges before a request begins, handlers once an answer is known, `publish` what a rule's rate allows. The rate of one connection is that
 * connection's own; without this a second connection would double it, and a hundredth make it a hundred times as much.
 */

import { networkOf } from "../auth/network.ts";
import type { ChannelPolicy } from "../channels/rules.ts";
import { Failure } from "../errors.ts";
import { Buckets } from "./buckets.ts";
import type { Connection } from "./connection.ts";
import { surcharges } from "./prices.ts";
import { Shares } from "./shares.ts";

export interface AccountsOptions {
  /** Requests a second and connection, and at once. */
  rate: number;
  burst: number;
  /** Monotonic milliseconds. */
  now?: () => number;
}

/** A user may do, over all connections, so many times what one connection may. */
export const userShare = 4;
/** Units that a node does well in a second, which are shared out among addresses, and what any of them may have. */
export const nodeUnits = { perSecond: 20_000, spared: 2_500 };

/** Who pays for what. Asking costs a look into two maps, and makes nothing once they know the user and the address. */
export class Accounts {
  readonly #users: Buckets;
  readonly #addresses: Shares;
  /** The publish rates of rules, by rule and user; made with the first publication under one. */
  readonly #publishing = new Map<number, Buckets>();
  readonly #now: () => number;

  constructor({ rate, burst, now = () => performance.now() }: AccountsOptions) {
    this.#now = now;
    this.#users = new Buckets(userShare * rate, userShare * burst, now);
    this.#addresses = new Shares(nodeUnits.perSecond, nodeUnits.spared, () => now() / 1_000);
  }

  /** @throws Failure `rate_limited` with the time after which it may pass; then nothing is charged */
  take(connection: Connection, units: number): void {
    const bucket = this.#users.of(connection.user);
    if (!bucket.take(units)) {
      throw new Failure("rate_limited", "The user's connections ask for too much.", {
        after: bucket.waitFor(units),
      });
    }
    if (this.#addresses.take(networkOfConnection(connection), units)) return;
    bucket.charge(-units);
    throw new Failure("rate_limited", "This node is busy, and this address asks for more than others.", {
      after: 1_000,
    });
  }

  /** @throws Failure `rate_limited` where the user has used up the rate of the channel's rule */
  takePublication({ user }: Connection, { rule, rate }: Pick<ChannelPolicy, "rule" | "rate">): void {
    if (!rate) return;
    const users = this.#publishing.get(rule) ?? new Buckets(rate.publish, rate.burst, this.#now);
    this.#publishing.set(rule, users);
    const bucket = users.of(user);
    if (bucket.take()) return;
    throw new Failure("rate_limited", "The channel's publish rate is used up.", { after: bucket.wait });
  }

  /** Charges what is known only now. */
  charge(connection: Connection, units: number): void {
    if (units === 0) return;
    this.#users.of(connection.user).charge(units);
    this.#addresses.charge(networkOfConnection(connection), units);
  }

  /**
   * What a payload costs. It has been parsed, which is most of that, so its connection pays for it at once.
   *
   * @param weight of the arguments of a request, as `survey` has it
   * @returns units to take with those of the request
   */
  payloadUnits(connection: Connection, weight: number): number {
    const units = surcharges.payload.units(weight);
    if (units > 0) connection.pace?.charge(units);
    return units;
  }

  /** Charges an event of presence to the user that it is about, whose connection may have ended. */
  chargeTold(user: string, members: number): void {
    const units = surcharges.told.units(members);
    if (units > 0) this.#users.of(user).charge(units);
  }
}

function networkOfConnection(connection: Connection): string {
  connection.network ??= networkOf(connection.wire.address);
  return connection.network;
}
