/*
 * Owns how a socket to Redis is opened, in three ways that `client.ts` chooses from. The connectors of ioredis would do
 * but for two things: the second error of a broken TLS handshake ends the process, and a client that meets a replica at
 * the primary's address takes it for the primary.
 */

import { connect as connectPlain } from "node:net";
import { connect as connectSecure } from "node:tls";
import {
  AbstractConnector,
  type RedisOptions,
  type SentinelConnectionOptions,
  SentinelConnector,
} from "ioredis";

type Stream = Awaited<ReturnType<AbstractConnector["connect"]>>;

/**
 * A TLS socket that is ended in the middle of its handshake may fail twice, and the Redis client listens for one
 * error of a socket: the second would end the process.
 */
function calm(stream: Stream): Stream {
  stream.on("error", () => {});
  return stream;
}

/** To one server. */
export class CalmConnector extends AbstractConnector {
  readonly #options: RedisOptions;

  /** @param options those of the client */
  constructor(options: unknown) {
    const { disconnectTimeout = 0 } = options as RedisOptions;
    super(disconnectTimeout);
    this.#options = options as RedisOptions;
  }

  async connect(): Promise<Stream> {
    const { host = "127.0.0.1", port = 6_379, tls } = this.#options;
    this.connecting = true;
    this.stream = calm(tls ? connectSecure({ host, port, ...tls }) : connectPlain({ host, port }));
    this.stream.once("error", (error) => {
      this.firstError = error;
    });
    return this.stream;
  }
}

/**
 * To the primary at an address. While that leads to a replica the client is never ready, and asks again: a replica
 * refuses what a node writes, and what is published there reaches nobody at the primary.
 */
export class PrimaryConnector extends CalmConnector {
  /** @param info the answer to INFO; it is empty where the node has no right to ask */
  override check({ role, slave_read_only: readOnly }: { role?: string; slave_read_only?: string }): boolean {
    if (role !== "slave" || readOnly !== "1") return true;
    this.stream?.destroy(
      new Error("This server is a replica, which takes no writes; the primary is waited for."),
    );
    return false;
  }
}

/** To the server that Sentinels name. */
export class CalmSentinelConnector extends SentinelConnector {
  /** @param options those of the client */
  constructor(options: unknown) {
    super(options as SentinelConnectionOptions);
  }

  override async connect(report: (type: string, error: Error) => void): Promise<Stream> {
    return calm(await super.connect(report));
  }
}
