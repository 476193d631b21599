/*
 * Owns the order of publications on their way into Redis; the broker adds them. Two connections, or two scripts in the
 * wrong order, would swap what a client sent. And a script for each publication would cost several times what the
 * message costs, so those of one turn share one.
 */

import { Failure } from "../../../errors.ts";
import { type Draft, idempotencyLifetime, type Receipt } from "../../ports.ts";
import { type Argument, maxPending, type RedisConnection } from "../connection/redis-connection.ts";
import type { Keys } from "../keys.ts";
import { encodeParts } from "../pubsub/wire.ts";
import { makeNonce, scripts } from "../scripts.ts";
import type { Shards } from "../shards/shards.ts";
import { knownUser, type Telling } from "../tidings/telling.ts";

/** From either on a script takes no more: nothing else runs in Redis meanwhile. */
const chunk = { drafts: 100, size: 256 * 1024 };

/** What the script `publish` returns for a channel: the epoch, then for each draft `repeated` and the offset. */
type RawReceipts = [epoch: Buffer, ...repeatedAndOffset: number[]];
const failed = 2;

interface Waiting {
  draft: Draft;
  resolve(receipt: Receipt): void;
  reject(error: unknown): void;
}

/** Drafts of one channel with the same retention, in their order; the script takes it once for all of them. */
type Group = [Waiting, ...Waiting[]];

/** Those of one turn of the event loop leave together, many in one script. Each is settled with an outcome of its own. */
export class PublishQueue {
  readonly #shards: Shards;
  readonly #keys: Keys;
  readonly #telling: Telling;
  #turn: Waiting[] = [];
  #pending = 0;
  /** Scripts that have no answer yet. */
  readonly #underWay = new Set<Promise<void>>();

  constructor({ shards, keys, telling }: { shards: Shards; keys: Keys; telling: Telling }) {
    this.#shards = shards;
    this.#keys = keys;
    this.#telling = telling;
  }

  /** Rejects with a Failure `unavailable`. */
  add(draft: Draft): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      if (this.#pending >= maxPending) {
        reject(new Failure("unavailable"));
        return;
      }
      this.#pending += 1;
      if (this.#turn.push({ draft, resolve, reject }) === 1) setImmediate(() => this.flush());
    });
  }

  /** Sends what was added in this turn. A call that has to take effect after it, such as `clear`, flushes before it. */
  flush(): void {
    const connections = new Set<RedisConnection>();
    for (const drafts of this.#chunks()) {
      const [{ draft }] = drafts;
      const { redis } = this.#shards.of(draft.channel);
      connections.add(redis);
      const run = this.#run(redis, drafts);
      this.#underWay.add(run);
      void run.then(() => this.#underWay.delete(run));
    }
    for (const redis of connections) redis.flush();
  }

  /** Resolves once everything that was added so far has its answer: reads go over another connection and would overtake it. */
  async sent(): Promise<void> {
    this.flush();
    if (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** What one script takes, in the order of the drafts. In a Redis Cluster a script has the keys of one channel. */
  #chunks(): Group[] {
    const chunks: Group[] = [];
    const open = new Map<string, { drafts: Group; size: number }>();
    for (const waiting of this.#turn) {
      const { channel } = waiting.draft;
      const size = sizeOf(waiting.draft);
      const slot = this.#keys.sharded ? channel : "";
      const last = open.get(slot);
      if (last && last.drafts.length < chunk.drafts && last.size < chunk.size) {
        last.drafts.push(waiting);
        last.size += size;
      } else {
        const drafts: Group = [waiting];
        open.set(slot, { drafts, size });
        chunks.push(drafts);
      }
    }
    this.#turn = [];
    return chunks;
  }

  async #run(redis: RedisConnection, drafts: Group): Promise<void> {
    try {
      const groups = groupsOf(drafts);
      const { keys, args, tags } = this.#callOf(groups);
      const told = tags.length > 0;
      // Elsewhere there is one Redis, where nothing has to be waited for: the order of the calls is kept.
      if (told && this.#keys.sharded) await Promise.all(tags.map((tag) => this.#telling.prepare(tag)));
      const script = told ? scripts.publishTold : scripts.publish;
      const receipts = (await redis.run(script, keys, args)) as RawReceipts[];
      for (const [index, group] of groups.entries()) settle(group, receipts[index]);
      for (const tag of new Set(tags)) this.#telling.added(tag);
    } catch (error) {
      for (const { reject } of drafts) reject(error);
    } finally {
      this.#pending -= drafts.length;
    }
  }

  #callOf(groups: readonly Group[]): { keys: string[]; args: Argument[]; tags: string[] } {
    const keys: string[] = [];
    const idempotency: string[] = [];
    const hooks: string[] = [];
    const tags: string[] = [];
    const args: Argument[] = [];
    for (const group of groups) {
      const { channel, retention } = group[0].draft;
      keys.push(this.#keys.counter(channel), this.#keys.stream(channel));
      args.push(this.#keys.room(channel), retention?.size ?? "", retention?.ttl ?? 0, group.length);
      const told = retention && this.#telling.ofPublications(channel);
      args.push(...(told ? [channel, knownUser(channel) ?? "", ...told.args] : [""]));
      if (told) {
        const [, records] = this.#keys.presence(this.#keys.users(told.tag));
        hooks.push(records, ...told.keys);
        tags.push(told.tag);
      }
      for (const { draft } of group) {
        const { idempotencyKey, except, attachments, head, brief = "" } = draft;
        if (idempotencyKey !== undefined) idempotency.push(this.#keys.idempotency(channel, idempotencyKey));
        args.push(idempotencyKey === undefined ? 0 : 1, ...partsOf(except, attachments), head);
        if (told) args.push(brief);
      }
    }
    keys.push(...idempotency);
    const first = [this.#keys.publish, makeNonce(), idempotencyLifetime, groups.length, keys.length + 1];
    return { keys: keys.concat(hooks), args: [...first, ...args], tags };
  }
}

/** Texts where there are none: a call without a single Buffer is encoded in a fraction of the time. */
function partsOf(except: readonly string[], attachments: readonly Uint8Array[]): [Argument, Argument] {
  return [
    except.length > 0 ? encodeParts(except.map((one) => Buffer.from(one))) : "",
    attachments.length > 0 ? encodeParts(attachments) : "",
  ];
}

/**
 * By channel, in the order of the drafts. Where the retention changes between two drafts of a channel, as at a change of the
 * rules, another group begins; joining it to an earlier one would put its drafts before those between.
 */
function groupsOf(drafts: readonly Waiting[]): Group[] {
  const groups: Group[] = [];
  const newest = new Map<string, Group>();
  for (const waiting of drafts) {
    const { channel, retention } = waiting.draft;
    const group = newest.get(channel);
    const kept = group?.[0].draft.retention;
    if (group && kept?.size === retention?.size && kept?.ttl === retention?.ttl) {
      group.push(waiting);
    } else {
      const started: Group = [waiting];
      newest.set(channel, started);
      groups.push(started);
    }
  }
  return groups;
}

/** A draft that the script says nothing of has failed: it must not count as acknowledged. */
function settle(group: Group, receipts: RawReceipts | undefined): void {
  const [epoch, ...outcomes] = receipts ?? [Buffer.alloc(0)];
  const name = epoch.toString();
  for (const [index, { resolve, reject }] of group.entries()) {
    const outcome = outcomes[2 * index] ?? failed;
    const offset = outcomes[2 * index + 1] ?? 0;
    const repeated = outcome === 1;
    if (outcome === failed) reject(new Failure("unavailable"));
    else resolve(offset === 0 ? { repeated } : { position: { epoch: name, offset }, repeated });
  }
}

/** Characters and bytes as one number: it bounds a script's time, so it need not be exact. */
function sizeOf({ head, attachments }: Draft): number {
  return attachments.reduce((size, { byteLength }) => size + byteLength, head.length);
}
