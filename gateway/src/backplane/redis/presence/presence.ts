/*
 * The PresenceStore port on Redis; the channels room calls it. It keeps this node's entries here as well, since Redis
 * may lose them or be away: Housekeeper has them written again (`settle`), and all of them under a new lease (`renew`).
 * Without that copy an outage longer than a lease would leave every channel empty.
 */

import { Failure } from "../../../errors.ts";
import type { PresenceUser } from "../../../protocol/events.ts";
import type { PresenceManner, PresenceMember, PresencePage, PresenceStore } from "../../ports.ts";
import type { HeavyReads } from "../connection/heavy-reads.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import type { Keys } from "../keys.ts";
import { scripts } from "../scripts.ts";
import { type Due, Dues, presenceForm } from "./dues.ts";
import { PresenceIndex } from "./presence-index.ts";
import type { Member, PresenceLeases, PresenceTelling } from "./presence-telling.ts";

/** A connection of this node in a channel. */
interface Entry {
  /** Or a place of users: see `Keys.users`. */
  channel: string;
  member: Member;
  manner: PresenceManner;
  /** Unix milliseconds; the time of the first report, also after Redis has lost it. */
  awaySince: number | undefined;
  /** How it has gone; what is still to be written is that. */
  gone: "leave" | "end" | undefined;
}

export interface RedisPresenceOptions {
  shards: {
    readonly home: { redis: Pick<RedisConnection, "ready" | "call"> };
    of(channel: string): { redis: Pick<RedisConnection, "ready" | "run">; reads: Pick<HeavyReads, "run"> };
  };
  keys: Keys;
  leases: PresenceLeases;
  /** As Sweeper has it. */
  sweeper: { sweepChannel(channel: string, suspects: readonly string[]): Promise<boolean> };
  telling: PresenceTelling;
  /** Ends a connection, wherever it is, in whose place a newer one of its user has come. */
  replace(connection: string): void;
}

/** Entries written again in one go. */
const chunkSize = 500;

/** What is due of a user is told as the user's record says. */
const asRecorded: PresenceManner = { announce: false, pace: 0, linger: 0, hold: 0 };

type RawPage = [total: number, suspects: Buffer[], more: number, users: (Buffer | number)[]];

/** Each entry counts while the lease of its node holds. */
export class RedisPresence implements PresenceStore {
  readonly #options: RedisPresenceOptions;
  /** By channel, then by connection. */
  readonly #entries = new Map<string, Map<string, Entry>>();
  /**
   * Entries of which Redis may know another state, by connection and channel, with the state that is to be there. A call
   * that failed may have been executed, may never be, or may still be on its way: nobody can tell. So it is neither undone
   * nor taken as done; `settle` writes the entry again until that succeeds, which is right in all three cases.
   */
  readonly #unsure = new Map<string, Entry>();
  readonly #index: PresenceIndex;
  readonly #dues = new Dues();

  constructor(options: RedisPresenceOptions) {
    this.#options = options;
    const { shards, keys, leases } = options;
    this.#index = new PresenceIndex(
      () => shards.home.redis,
      (place) => (keys.isUsers(place) ? keys.usersOf(leases.current) : keys.presentIn(leases.current)),
    );
  }

  async enter(channel: string, member: Member, manner: PresenceManner): Promise<void> {
    const { shards, leases } = this.#options;
    // Refused before anything is noted: the client is told that it failed, and must not turn up later.
    const isReady = shards.home.redis.ready && this.#shardOf(channel).redis.ready;
    if (!member.visit && (!leases.held || !isReady)) throw new Failure("unavailable");
    const held = this.#find(channel, member.connection);
    const entry = {
      channel,
      member,
      manner,
      awaySince: member.awaySince ?? held?.awaySince,
      gone: undefined,
    };
    // A leave that failed may still be noted for this connection; written after this, it would remove it.
    this.#unsure.delete(entryId(entry));
    const entries = this.#entries.get(channel) ?? new Map<string, Entry>();
    this.#entries.set(channel, entries.set(member.connection, entry));
    await this.#write(entry, "enter");
  }

  leave(channel: string, member: PresenceMember, manner: PresenceManner): Promise<void> {
    return this.#takeOut("leave", channel, member, manner);
  }

  end(channel: string, member: Member, manner: PresenceManner): Promise<void> {
    return this.#takeOut("end", channel, member, manner);
  }

  async setAway(
    channel: string,
    member: Member,
    since: number | undefined,
    manner: PresenceManner,
  ): Promise<void> {
    const entry = this.#find(channel, member.connection);
    if (!entry) return;
    entry.awaySince = since === undefined ? undefined : (entry.awaySince ?? since);
    entry.member = member;
    entry.manner = manner;
    await this.#write(entry, stateOf(entry));
  }

  /** Entries of leases that this node does not know as live are swept before they are left out, so that `left` is published. */
  async page(channel: string, limit: number, cursor: string | undefined): Promise<PresencePage> {
    const [page, suspects] = await this.#read(channel, limit, cursor);
    if (suspects.length === 0) return page;
    const swept = await this.#options.sweeper.sweepChannel(channel, suspects);
    return swept ? (await this.#read(channel, limit, cursor))[0] : page;
  }

  /** Enters everybody again, under a lease that Redis does not know them by. */
  renew(): void {
    this.#index.reset();
    for (const entries of this.#entries.values()) {
      for (const entry of entries.values()) this.#unsure.set(entryId(entry), entry);
    }
  }

  /**
   * Writes again what calls that failed should have written.
   *
   * @throws Failure `unavailable` where that is not all
   */
  async settle(): Promise<void> {
    const unsure = [...this.#unsure.values()];
    for (let at = 0; at < unsure.length; at += chunkSize) {
      const some = unsure.slice(at, at + chunkSize);
      await Promise.allSettled(some.map((entry) => this.#rewrite(entry)));
    }
    if (unsure.some((entry) => this.#unsure.has(entryId(entry)))) throw new Failure("unavailable");
  }

  /**
   * Takes over what is still to be done for a channel's users, of a node that is gone.
   *
   * @param dues by user, in how many milliseconds
   * @throws Failure `unavailable`
   */
  async adopt(channel: string, dues: ReadonlyMap<string, number>): Promise<void> {
    if (dues.size === 0) return;
    await this.#index.add(channel);
    for (const [user, after] of dues) this.#dues.add({ channel, user }, after);
  }

  /** Does what has become due. What fails is tried again at the next call. */
  async tellDue(): Promise<void> {
    const due = this.#dues.take();
    for (let at = 0; at < due.length; at += chunkSize) {
      await Promise.all(due.slice(at, at + chunkSize).map((one) => this.#doDue(one)));
    }
  }

  async #doDue(due: Due): Promise<void> {
    const { channel, user } = due;
    try {
      await this.#present(channel, "due", { user, connection: "" }, asRecorded, undefined);
    } catch {
      this.#dues.add(due, 0);
    }
    this.#letGo(channel);
  }

  /** Resolves also where Redis cannot be reached; `settle` writes it then. */
  async #takeOut(
    action: "leave" | "end",
    channel: string,
    member: Member,
    manner: PresenceManner,
  ): Promise<void> {
    const entry = this.#find(channel, member.connection);
    if (!entry) return;
    this.#forget(entry);
    entry.gone = action;
    entry.member = member;
    entry.manner = manner;
    await this.#write(entry, action).catch(() => {});
    this.#letGo(channel);
  }

  #letGo(channel: string): void {
    if (!this.#entries.has(channel) && !this.#dues.has(channel)) this.#index.remove(channel);
  }

  #find(channel: string, connection: string): Entry | undefined {
    return this.#entries.get(channel)?.get(connection);
  }

  #forget({ channel, member }: Entry): void {
    const entries = this.#entries.get(channel);
    entries?.delete(member.connection);
    if (entries?.size === 0) this.#entries.delete(channel);
  }

  /** It is struck off first, so that a failure of the writing notes it again. */
  async #rewrite(entry: Entry): Promise<void> {
    if (this.#unsure.get(entryId(entry)) !== entry) return;
    this.#unsure.delete(entryId(entry));
    if (entry.gone) {
      await this.#write(entry, entry.gone);
      this.#letGo(entry.channel);
      return;
    }
    const entered = this.#write(entry, "enter");
    await Promise.all([entered, this.#write(entry, stateOf(entry))]);
  }

  async #write(entry: Entry, action: "enter" | "leave" | "end" | "away" | "back"): Promise<void> {
    const { keys } = this.#options;
    const { channel, member, manner, awaySince } = entry;
    try {
      // The index is written before the entry: should this node die between the two, a sweep could not find the entry.
      const indexed = action === "enter" ? this.#index.add(channel) : undefined;
      // Two shards have no common order; on one, what is written first is there first.
      if (keys.sharded) await Promise.all([indexed, this.#index.settled(channel)]);
      await Promise.all([indexed, this.#present(channel, action, member, manner, awaySince)]);
    } catch (error) {
      // The newest entry, not this one: what has come since has to be written after what may still be executed.
      this.#unsure.set(entryId(entry), this.#find(channel, member.connection) ?? entry);
      throw error;
    }
  }

  async #present(
    channel: string,
    action: string,
    member: Member,
    manner: PresenceManner,
    awaySince: number | undefined,
  ): Promise<void> {
    const { keys, leases, telling, replace } = this.#options;
    const { user, connection } = member;
    const { pace, linger, hold } = manner;
    const isUsers = keys.isUsers(channel);
    const isUnderstood = isUsers || leases.allUnderstand("presence", presenceForm);
    const args = [action, user, connection, leases.current, this.#infoOf(channel, member)];
    const room = [keys.publish, keys.room(channel), JSON.stringify(channel)];
    const times = isUnderstood ? [pace, linger, hold] : [0, 0, 0];
    const all = [...args, manner.announce ? 1 : 0, ...room, awaySince ?? "", ...times];
    const told = telling.ofChange(channel, member);
    if (told) await telling.prepare(told);
    const { redis } = this.#shardOf(channel);
    const script = told ? scripts.presentTold : scripts.present;
    const allKeys = [...keys.presence(channel), ...(told?.keys ?? [])];
    const reply = await redis.run(script, allKeys, [...all, ...(told?.args ?? [])], "burst");
    const [after, ...replaced] = [reply].flat() as [number, ...Buffer[]];
    telling.added(told);
    if (typeof after === "number" && after >= 0) this.#dues.add({ channel, user }, after);
    for (const one of replaced) replace(one.toString());
  }

  /** Of users the members alone, which stand in events. */
  #infoOf(channel: string, { info }: Member): string {
    if (info === undefined) return "";
    const json = JSON.stringify(info);
    return this.#options.keys.isUsers(channel) ? json.slice(1, -1) : json;
  }

  #shardOf(channel: string) {
    const { shards, keys } = this.#options;
    return shards.of(keys.tagOf(channel));
  }

  async #read(
    channel: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<[page: PresencePage, suspects: string[]]> {
    const { keys, leases } = this.#options;
    const { reads } = this.#shardOf(channel);
    const live = leases.live.map(({ lease }) => lease);
    const args = [limit, cursor ?? "", ...live];
    const raw = (await reads.run(scripts.presencePage, keys.presence(channel), args)) as RawPage;
    const [total, suspects, more, users] = raw;
    const page = {
      total,
      users: usersOf(users, (info) => (keys.isUsers(channel) ? undefined : JSON.parse(info))),
    };
    const last = page.users.at(-1)?.user;
    const whole = more === 1 && last !== undefined ? { ...page, cursor: last } : page;
    return [whole, suspects.map(String)];
  }
}

function stateOf({ awaySince }: Entry): "away" | "back" {
  return awaySince === undefined ? "back" : "away";
}

function entryId({ channel, member }: Entry): string {
  return `${member.connection} ${channel}`;
}

function usersOf(raw: readonly (Buffer | number)[], parse: (info: string) => unknown): PresenceUser[] {
  const users: PresenceUser[] = [];
  for (let at = 0; at + 4 < raw.length; at += 5) {
    const [id = "", state, since, connections, info] = raw.slice(at, at + 5).map(String);
    const user: PresenceUser = {
      user: id,
      state: state === "away" ? "away" : "online",
      connections: Number(connections),
    };
    if (since) user.since = Number(since);
    if (info) user.info = parse(info);
    users.push(user);
  }
  return users;
}
