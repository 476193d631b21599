import { TokenBucket } from "../connection/limits.ts";
import { Failure } from "../errors.ts";

export interface AdmissionOptions {
  draining(): boolean;
  /** Whether the shared state can be reached. */
  healthy(): boolean;
  /** Handshakes a second; 0 for no limit. */
  rate: number;
}

/** Decides whether a new connection can be served at this moment. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #bucket: TokenBucket | undefined;
  #met = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#bucket = options.rate > 0 ? new TokenBucket(options.rate, options.rate) : undefined;
  }

  /** Before the WebSocket upgrade; counts the handshake. */
  upgrade(): Failure | undefined {
    const obstacle = this.obstacle();
    if (obstacle) return obstacle;
    if (this.#bucket === undefined || this.#bucket.take()) return undefined;
    // Those who are sent away together do not come back together.
    const after = 1_000 + Math.floor(Math.random() * 4_000);
    return new Failure("rate_limited", "This node accepts no more handshakes in this second.", { after });
  }

  /**
   * Why the node is not ready. Once it has met the others it stays ready while they cannot be reached: all nodes
   * unready at once would leave nobody to answer.
   */
  unready(): Failure | undefined {
    this.#met ||= this.#options.healthy();
    if (this.#options.draining()) return new Failure("draining", undefined, { after: 1_000 });
    return this.#met ? undefined : new Failure("unavailable", undefined, { after: 2_000 });
  }

  /** What stands in the way of any connection. */
  obstacle(): Failure | undefined {
    if (this.#options.draining()) return new Failure("draining", undefined, { after: 1_000 });
    if (!this.#options.healthy()) return new Failure("unavailable", undefined, { after: 2_000 });
    return undefined;
  }
}
