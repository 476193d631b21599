import { setTimeout as sleep } from "node:timers/promises";
import { createTokens } from "../../src/auth/token.ts";
import { silentLog } from "../../src/log.ts";
import type { Position } from "../../src/protocol/position.ts";
import { until } from "../support/until.ts";
import { call } from "./api.ts";
import { isValue, others, quiet, rooms } from "./channels.ts";
import { Client } from "./client.ts";
import type { Dice } from "./dice.ts";
import type { Fleet } from "./fleet.ts";
import { positionOf } from "./follower.ts";
import { apiKey, secret } from "./keys.ts";
import { Publishers } from "./publisher.ts";
import type { Scale } from "./scenario.ts";
import type { Store } from "./store.ts";

/** Nodes, a store, and clients and publishers at work: what a scenario strikes. */
export class Stage<Place extends Store = Store> {
  readonly place: Place;
  readonly fleet: Fleet;
  readonly dice: Dice;
  readonly scale: Scale;
  readonly clients: readonly Client[];
  readonly publishers: Publishers;
  #settled = false;
  readonly #lives: Promise<void>[] = [];

  private constructor(parts: {
    place: Place;
    fleet: Fleet;
    dice: Dice;
    scale: Scale;
    clients: readonly Client[];
  }) {
    const { place, fleet, dice, scale, clients } = parts;
    this.place = place;
    this.fleet = fleet;
    this.dice = dice;
    this.scale = scale;
    this.clients = clients;
    const users = clients.slice(0, 4).map(({ user }) => `user:${user}`);
    const channels = [...rooms, ...rooms, ...others, ...users];
    const apis = () => fleet.apis();
    this.publishers = new Publishers({ key: apiKey, dice: dice.of("publishers"), apis, channels, clients });
  }

  static async open<Place extends Store>(parts: {
    place: Place;
    fleet: Fleet;
    dice: Dice;
    scale: Scale;
    /** Whether all nodes speak JSON arrays, which a third of the clients then do. */
    json: boolean;
  }): Promise<Stage<Place>> {
    const { fleet, dice, scale } = parts;
    const tokens = await createTokens({ secrets: [secret], maxLifetime: 86_400_000, log: silentLog });
    const clients = await Promise.all(
      Array.from({ length: scale.clients }, async (_, index) => {
        const user = `u${index}`;
        const { token } = await tokens.sign({ user, ttl: 3_600_000 });
        const json = parts.json && index % 3 === 2;
        return new Client({ user, token, dice: dice.of(user), nodes: () => fleet.urls(), isValue, json });
      }),
    );
    const stage = new Stage({ ...parts, clients });
    await stage.#begin();
    return stage;
  }

  /** A time in milliseconds that the seed decides. */
  pause(least: number, most = least): Promise<void> {
    return sleep(this.dice.between(least, most));
  }

  /**
   * Publishes a message to each channel and waits until every client that is there has it.
   *
   * @returns milliseconds
   */
  async resynchronised(channels: readonly string[] = rooms): Promise<number> {
    const begun = performance.now();
    const marks = await Promise.all(
      channels.map((channel) => this.publishers.publish(channel, this.dice.of(channel))),
    );
    // Each client once: they come and go meanwhile, and are hardly ever all there together.
    let left = this.clients.flatMap((client) => marks.map((mark) => ({ client, ...mark })));
    const hasAll = () => {
      left = left.filter(({ client, channel, position }) => !hasReached(client, channel, position));
      return left.length === 0;
    };
    await until(hasAll, "clients do not get what is published", { timeout: 60_000, interval: 10 });
    return performance.now() - begun;
  }

  /** Ends the load, and waits until every client stands where its channels do. @returns where that is */
  async settle(): Promise<Map<string, Position>> {
    this.#settled = true;
    await within(Promise.all(this.#lives), "clients do not come back");
    await within(this.publishers.stop(), "publications are not acknowledged");
    const channels = new Set(this.clients.flatMap(({ logs }) => logs.map(({ channel }) => channel)));
    let tops = new Map<string, Position>();
    const agree = async () => {
      tops = new Map(await Promise.all([...channels].map((channel) => this.#topOf(channel))));
      return this.clients.every((client) => client.connected && standsAt(client, tops));
    };
    // What does not come to agree is for the oracle to tell.
    await until(agree, "", { timeout: 45_000, interval: 200 }).catch(() => {});
    return tops;
  }

  stop(): void {
    for (const client of this.clients) client.stop();
  }

  async call(path: string): Promise<Record<string, unknown>> {
    let body: Record<string, unknown> = {};
    const answered = async () => {
      const answer = await call(this.dice.pick(this.fleet.apis()), apiKey, "GET", path).catch(
        () => undefined,
      );
      if (answer?.status === 200) body = answer.body;
      return answer?.status === 200;
    };
    await until(answered, () => `${path} is not answered`, { timeout: 30_000, interval: 100 });
    return body;
  }

  async #begin(): Promise<void> {
    for (const client of this.clients) {
      const dice = this.dice.of(`${client.user} joins`);
      for (const channel of [...rooms, ...others]) if (dice.chance(0.6)) client.join(channel);
      for (const channel of quiet) client.join(channel);
    }
    await until(() => this.clients.every(isLive), "clients do not get in", { timeout: 30_000 });
    for (const channel of quiet) await this.publishers.publish(channel, this.dice.of(channel));
    for (const client of this.clients)
      this.#lives.push(this.#live(client, this.dice.of(`${client.user} lives`)));
  }

  /** What a client does of its own: it comes and goes. */
  async #live(client: Client, dice: Dice): Promise<void> {
    while (!this.#settled) {
      await sleep(dice.between(300, 5_000));
      if (this.#settled) return;
      const channel = dice.pick([...rooms, ...others]);
      if (dice.chance(0.4)) await client.away(dice.between(0, 3_000));
      else if (client.follows(channel) && dice.chance(0.5)) client.leave(channel);
      else client.join(channel);
    }
  }

  async #topOf(channel: string): Promise<[string, Position]> {
    const path = `/v1/history?channel=${encodeURIComponent(channel)}&limit=1&reverse=true`;
    const { position } = (await this.call(path)) as { position: string };
    return [channel, positionOf(position)];
  }
}

function isLive(client: Client): boolean {
  return client.connected && [...client.followers()].every(({ live }) => live);
}

/** One that has left the channel, or is away by its own wish, waits for nothing. */
function hasReached(client: Client, channel: string, { epoch, offset }: Position): boolean {
  const follower = client.follows(channel);
  if (!follower || !client.wanted) return true;
  const { last, live } = follower;
  return live && last !== undefined && (last.epoch !== epoch || last.offset >= offset);
}

function standsAt(client: Client, tops: ReadonlyMap<string, Position>): boolean {
  return [...client.followers()].every(({ channel, live, last }) => {
    const top = tops.get(channel);
    return live && top?.epoch === last?.epoch && top?.offset === last?.offset;
  });
}

async function within(work: Promise<unknown>, failure: string): Promise<void> {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  await until(() => done, failure, { timeout: 40_000 });
  await work;
}
