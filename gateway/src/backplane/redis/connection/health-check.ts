/*
 * Owns the finding of what no error reports. A Shard has one, which looks at each interval and at each new connection.
 * Without it a dead stream would look alive for as long as TCP keeps trying, and a node whose two connections ended up
 * at different servers would receive nothing, silently.
 */

import type { ThrottledLog } from "../../../throttled-log.ts";
import type { Topics } from "../pubsub/topics.ts";
import type { RedisConnection } from "./redis-connection.ts";

type Watched = Pick<RedisConnection, "ready" | "stuck" | "received" | "call" | "restart">;

export interface HealthCheckOptions {
  commands: Watched & Pick<RedisConnection, "onReady">;
  subscriber: Watched;
  reading: Watched;
  topics: Pick<Topics, "compareQuiet">;
  throttledLog: ThrottledLog;
  /** Another server has taken the place of the one that was there: it may lack what that one acknowledged last. */
  onReplaced(): void;
  /** Milliseconds between two looks. */
  interval: number;
}

/**
 * Finds a connection on which nothing comes any more, and connections that have ended up at different servers, so that
 * what the one publishes the other never receives, or does not find where it reads.
 */
export class HealthCheck {
  readonly #options: HealthCheckOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Its run id. */
  #server: string | undefined;

  constructor(options: HealthCheckOptions) {
    this.#options = options;
    options.commands.onReady(() => void this.#look());
  }

  /** Where it has started already nothing changes. */
  start(): void {
    this.#timer ??= setInterval(() => void this.#look(), this.#options.interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { commands, subscriber, reading, topics, throttledLog } = this.#options;
    const connections = [commands, subscriber, reading];
    // First: it needs only the subscriber, and the answers below may take their whole deadline.
    topics.compareQuiet();
    const servers = await Promise.all(connections.map((redis) => this.#serverOf(redis)));
    const [publishing] = servers;
    if (publishing === undefined) return;
    this.#meet(publishing);
    if (servers.every((server) => server === undefined || server === publishing)) return;
    throttledLog.warn("redis_servers_differ");
    for (const redis of connections) redis.restart();
  }

  /** A restart shows as well, since the run id is another then: what was not on disk is gone. */
  #meet(server: string): void {
    const before = this.#server;
    this.#server = server;
    if (before !== undefined && before !== server) this.#options.onReplaced();
  }

  /** @returns the server's run id, or undefined where the connection is not there */
  async #serverOf(redis: Watched): Promise<string | undefined> {
    if (redis.stuck) redis.restart();
    if (!redis.ready) return undefined;
    const received = redis.received;
    try {
      return runIdOf(await redis.call((client) => client.info("server"), "ping"));
    } catch {
      // Where other answers have come meanwhile, Redis is only busy, and this answer waits its turn.
      if (redis.ready && redis.received === received) redis.restart();
      return undefined;
    }
  }
}

function runIdOf(info: string): string | undefined {
  return /^run_id:(\w+)/m.exec(info)?.[1];
}
