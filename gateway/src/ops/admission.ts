/*
 * Decides at the door whether the node can serve one more. The public port asks before the upgrade, the handshake asks
 * again after it, `/readyz` asks whether balancers should send anybody. Without it a node that is overloaded or cut
 * off would take clients whom it cannot serve.
 */

import { networkOf } from "../auth/network.ts";
import { handshakePrices } from "../connection/prices.ts";
import { Shares } from "../connection/shares.ts";
import { Failure } from "../errors.ts";
import type { RefusalReason } from "../meter.ts";
import type { Shortage } from "./overload.ts";

export interface AdmissionOptions {
  draining(): boolean;
  /** Whether the shared state can be reached. */
  healthy(): boolean;
  /** What the node has too little of for more connections. */
  shortage(): Shortage | undefined;
  /** Handshakes a second; 0 for no limit. */
  rate: number;
  /** Monotonic seconds. */
  now?: () => number;
  /** Told of each handshake that is refused before the upgrade. */
  onRefused(reason: RefusalReason): void;
}

/** Decides whether a new connection can be served at this moment. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #shares: Shares;
  #met = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    // As many at once as in a second: a storm of reconnects is spread over seconds, and a calm node makes nobody wait.
    this.#shares = new Shares(options.rate, 0, options.now);
  }

  /** Before the WebSocket upgrade; counts the handshake. @param address of the client */
  upgradeObstacle(address: string): Failure | undefined {
    const reason =
      this.#hindrance() ?? this.#options.shortage() ?? this.#excess(address, handshakePrices.upgrade);
    if (reason === undefined) return undefined;
    this.#options.onRefused(reason);
    return refusal(reason);
  }

  /** Once a handshake says what it carries; counts that. @param channels that it resumes */
  burden(address: string, channels: number): Failure | undefined {
    const carried = handshakePrices.carried(channels);
    const reason = carried === 0 ? undefined : this.#excess(address, carried);
    return reason && refusal(reason);
  }

  /** Counts a handshake that was refused for good: whoever tries tokens has fewer tries. */
  noteRefused(address: string): void {
    this.#shares.charge(networkOf(address), handshakePrices.refused);
  }

  /** Counts a connection that was closed as it was taken, before it could say what it came for. */
  drop(): Failure {
    this.#options.onRefused("descriptors");
    return refusal("descriptors");
  }

  /**
   * Why the node is not ready. Once it has met the others it stays ready while they cannot be reached: all nodes
   * unready at once would leave nobody to answer.
   */
  unready(): Failure | undefined {
    const reason = this.#hindrance();
    return reason === undefined || (reason === "unavailable" && this.#met) ? undefined : refusal(reason);
  }

  /** What stands in the way of a connection that has passed the upgrade, whose cost is borne already. */
  obstacle(): Failure | undefined {
    const reason = this.#hindrance();
    return reason && refusal(reason);
  }

  #hindrance(): RefusalReason | undefined {
    if (this.#options.draining()) return "draining";
    const healthy = this.#options.healthy();
    this.#met ||= healthy;
    return healthy ? undefined : "unavailable";
  }

  /** While there are more than the node takes, the addresses that ask for most are refused first. */
  #excess(address: string, handshakes: number): RefusalReason | undefined {
    return this.#shares.take(networkOf(address), handshakes) ? undefined : "rate";
  }
}

const noRoom = "This node has no room for new connections at the moment.";
const wordings: Record<RefusalReason, { code: "draining" | "unavailable" | "rate_limited"; words?: string }> =
  {
    draining: { code: "draining" },
    unavailable: { code: "unavailable" },
    rate: { code: "rate_limited", words: "This node accepts no more handshakes in this second." },
    lag: { code: "unavailable", words: "This node is too busy for new connections at the moment." },
    memory: { code: "unavailable", words: noRoom },
    descriptors: { code: "unavailable", words: noRoom },
  };

/** Those who are sent away together do not come back together. */
function refusal(reason: RefusalReason): Failure {
  const { code, words } = wordings[reason];
  return new Failure(code, words, { after: 1_000 + Math.floor(Math.random() * 4_000) });
}
