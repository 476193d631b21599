/*
 * Owns this node's lease, and what is known of all. Housekeeper renews it; presence, control and the sweeper ask here
 * who is there. Without leases the users of a killed node would stay present for ever, and nobody would know whose
 * replies to wait for.
 */

import type { BackplaneMeter } from "../../../meter.ts";
import { randomText } from "../../../random.ts";
import type { ThrottledLog } from "../../../throttled-log.ts";
import type { NodeInfo } from "../../ports.ts";
import type { Keys } from "../keys.ts";
import { scripts } from "../scripts.ts";
import type { Shards } from "../shards/shards.ts";
import { decodeNodeRecord, encodeNodeRecord, type NodeRecord, unknownNode } from "./node-record.ts";

/** A node as the others know it. */
export interface NodeLease extends NodeRecord {
  lease: string;
  /** Milliseconds on the monotonic clock at which its lease ends, as far as is known. */
  until: number;
}

export interface LeasesOptions {
  shards: Pick<Shards, "home">;
  keys: Keys;
  address: string;
  node: string;
  meter: BackplaneMeter;
  throttledLog: ThrottledLog;
  describe(): NodeInfo;
  /** Milliseconds for which a lease holds without being renewed. */
  life: number;
}

type RawLease = Buffer | number;

/** What a node has entered in Redis counts while its lease holds. */
export class Leases {
  readonly #options: LeasesOptions;
  #current: string;
  #isNew = true;
  #abandoned = false;
  #known: NodeLease[] = [];
  /** Milliseconds on the monotonic clock. */
  #askedAt = 0;
  /** Since when Redis could be reached without a break; milliseconds on the monotonic clock. */
  #steadySince = Number.POSITIVE_INFINITY;

  constructor(options: LeasesOptions) {
    this.#options = options;
    this.#current = this.#makeLease();
  }

  get current(): string {
    return this.#current;
  }

  /** Whether Redis knows of it, so that what is entered under it counts. */
  get held(): boolean {
    return !this.#isNew;
  }

  /**
   * Whether a lease that has ended means that its node is gone. After an outage of Redis itself all have
   * ended; then each node is given the time to renew its own.
   */
  get steady(): boolean {
    return performance.now() - this.#steadySince > this.#options.life;
  }

  /** Those whose leases held when Redis was last asked, the own node included. */
  get known(): NodeLease[] {
    return this.#known.filter(({ until }) => until > this.#askedAt);
  }

  /** Those whose leases hold now, as far as is known. */
  get live(): NodeLease[] {
    const now = performance.now();
    return this.#known.filter(({ until }) => until > now);
  }

  get lapsed(): NodeLease[] {
    const now = performance.now();
    return this.#known.filter(({ until, lease }) => until <= now && lease !== this.#current);
  }

  /**
   * Whether every node reads a form, so that it may be written; as of the last renewal, and false where that failed for
   * so long that nodes may have come which this one has not heard of. A lease that has ended counts until it is swept:
   * its node may only be frozen, and reads on when it thaws.
   *
   * @param format as in NodeRecord's `understands`
   */
  allUnderstand(format: string, form: string | number): boolean {
    if (!this.held || performance.now() - this.#askedAt > this.#options.life) return false;
    return this.#known.every(({ understands }) => understands[format]?.includes(form));
  }

  /** Has another lease taken at the next renewal, so that everything is entered again. */
  abandon(): void {
    this.#abandoned = true;
  }

  /**
   * @returns whether the lease is another one now: the old was lost while this node could not renew it, or was abandoned
   * @throws Failure `unavailable`
   */
  async renew(): Promise<boolean> {
    try {
      if (!this.#abandoned && !(await this.#ask(this.#current))) {
        if (!this.#isNew) this.#options.meter.leaseLost();
        // Until a new one is held: where that fails, the next renewal must not pass for one of the old.
        this.#abandoned = true;
      }
      if (this.#abandoned) {
        this.#current = this.#makeLease();
        this.#isNew = true;
        await this.#ask(this.#current);
      }
      const lost = this.#abandoned;
      this.#abandoned = false;
      this.#isNew = false;
      this.#steadySince = Math.min(this.#steadySince, performance.now());
      return lost;
    } catch (error) {
      this.#steadySince = Number.POSITIVE_INFINITY;
      throw error;
    }
  }

  /** @throws Failure `unavailable` */
  async look(): Promise<void> {
    await this.#ask("");
  }

  /**
   * @param reason `ended` where its time must have passed, `given` where its holder gives it up, `swept` to forget it
   * @returns whether its entries may be swept
   * @throws Failure `unavailable`
   */
  async lapse(lease: string, reason: "ended" | "given" | "swept"): Promise<boolean> {
    const { shards, keys } = this.#options;
    return (await shards.home.redis.run(scripts.lapse, keys.leases(), [lease, reason])) === 1;
  }

  /** @returns whether the lease is held */
  async #ask(lease: string): Promise<boolean> {
    const { shards, keys, address, describe, life } = this.#options;
    const record = encodeNodeRecord({ address, info: describe() });
    const args = [lease, life, record, this.#isNew ? 1 : 0];
    const [held, ...raw] = (await shards.home.redis.run(scripts.lease, keys.leases(), args)) as [
      number,
      ...RawLease[],
    ];
    this.#askedAt = performance.now();
    this.#known = this.#leasesIn(raw, this.#askedAt);
    return held === 1;
  }

  /** @param raw for each node its lease, the milliseconds left and its record */
  #leasesIn(raw: readonly RawLease[], now: number): NodeLease[] {
    const found: NodeLease[] = [];
    for (let at = 0; at + 2 < raw.length; at += 3) {
      const [lease, left, bytes] = raw.slice(at, at + 3);
      const until = now + Number(left);
      found.push({ lease: String(lease), until, ...this.#recordOf(String(lease), bytes) });
    }
    return found;
  }

  /** Where there is none, or one that cannot be read, what the name of the lease tells. */
  #recordOf(lease: string, bytes: RawLease | undefined): NodeRecord {
    try {
      if (Buffer.isBuffer(bytes) && bytes.length > 0) return decodeNodeRecord(bytes);
    } catch (error) {
      this.#options.throttledLog.malformed("node_record_malformed", error);
    }
    return unknownNode(lease.slice(0, lease.lastIndexOf(".")));
  }

  #makeLease(): string {
    return `${this.#options.node}.${randomText(4, "hex")}`;
  }
}
