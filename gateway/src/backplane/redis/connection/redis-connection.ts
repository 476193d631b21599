/*
 * Owns one connection to one Redis: the client, the deadlines of calls, the bounds of what waits. A Shard makes two,
 * and everything that this room asks of Redis goes through one of them. Without it a hung Redis would hold every
 * request of the node, and calls would pile up in the client without bound.
 */

import { TLSSocket } from "node:tls";
import { type Redis, ReplyError } from "ioredis";
import { Failure } from "../../../errors.ts";
import type { BackplaneMeter, RedisRole } from "../../../meter.ts";
import type { ThrottledLog } from "../../../throttled-log.ts";
import { type Script, scripts } from "../scripts.ts";
import { Deadlines } from "./deadlines.ts";
import { errorCodeOf } from "./error-code.ts";

/** Milliseconds in which a call is answered or fails: as a rule, where it comes in bursts, and as a sign of life. */
const limits = { call: 800, burst: 5_000, ping: 2_000 };
/** Milliseconds in which a server that takes a connection has to greet. */
const greetingLimit = 4_000;
/** Milliseconds after which a client that has given up begins anew. */
const revivalPause = 100;
/** Calls without an answer; those that failed by their deadline count until Redis answers or the connection drops. */
export const maxPending = 20_000;
/** Bytes written that the network has not taken. */
const maxUnsent = 32 * 1024 * 1024;
/** Codes of errors by which a server of a Redis Cluster refuses a slot that it does not, or no longer, have. */
const movedCodes = new Set<string | undefined>(["MOVED", "ASK", "CLUSTERDOWN"]);

export type Limit = keyof typeof limits;
export type Argument = string | number | Buffer;

export interface RedisConnectionOptions {
  role: RedisRole;
  throttledLog: ThrottledLog;
  meter: BackplaneMeter;
}

/**
 * A call is answered in time or fails as `unavailable`; nothing waits for a connection that is not there, and no more than
 * a bounded number waits for one that is.
 */
export class RedisConnection {
  readonly #client: Redis;
  readonly #options: RedisConnectionOptions;
  readonly #deadlines: Record<Limit, Deadlines> = {
    call: new Deadlines(limits.call),
    burst: new Deadlines(limits.burst),
    ping: new Deadlines(limits.ping),
  };
  #answering = false;
  #stopped = false;
  /** Holds back what is called in this turn of the event loop. */
  #corked: Redis["stream"] | undefined;
  /** Milliseconds on the monotonic clock. */
  #connectedAt = 0;
  #lag = 0;

  constructor(client: Redis, options: RedisConnectionOptions) {
    const { throttledLog, meter, role } = options;
    this.#client = client;
    this.#options = options;
    client.on("error", (error) => throttledLog.warn("redis_connection_failed", error));
    client.on("connect", () => {
      this.#connectedAt = performance.now();
    });
    client.on("ready", () => {
      this.#answering = true;
      meter.redisConnected(role);
      this.#loadScripts();
    });
    client.on("close", () => this.#drop(new Error("The connection to Redis was closed.")));
    client.on("end", () => this.#revive());
  }

  /** The client alone does not know: over a stream that is ended or dead it stays `ready` until the stream closes. */
  get ready(): boolean {
    const { status, stream } = this.#client;
    return status === "ready" && stream.writable;
  }

  /** Whether the server accepted the connection and then never answered, or the stream is dead without having closed. */
  get stuck(): boolean {
    const { status, stream } = this.#client;
    if (status === "connect" && performance.now() - this.#connectedAt > greetingLimit) return true;
    return (status === "connect" || status === "ready") && stream.destroyed;
  }

  /** Whether Redis was there at the last call. */
  get answering(): boolean {
    return this.ready && this.#answering;
  }

  /** Bytes that have come on this connection. */
  get received(): number {
    return this.#client.stream?.bytesRead ?? 0;
  }

  /** Calls without an answer. */
  get pending(): number {
    return this.#client.commandQueue.length;
  }

  /** Seconds that the last answer took, or its call waited for it in vain. */
  get lag(): number {
    return this.#lag;
  }

  /** @param listener is called where the server answers that it does not, or no longer, have a slot */
  onMoved(listener: () => void): void {
    this.#client.on("moved", listener);
  }

  /** @param listener is called where the connection is closed, or could not be made */
  onLost(listener: () => void): void {
    this.#client.on("close", listener);
  }

  onReady(listener: () => void): void {
    this.#client.on("ready", listener);
  }

  /** @param listener takes the name of the pub/sub channel and the message */
  onMessage(listener: (name: Buffer, message: Buffer) => void): void {
    this.#client.on("messageBuffer", listener);
    this.#client.on("smessageBuffer", listener);
  }

  /** Connects, and again whenever the connection is lost. Resolves at the next time that it is there. */
  connect(): Promise<void> {
    if (this.ready) return Promise.resolve();
    const connected = new Promise<void>((resolve) => this.#client.once("ready", resolve));
    if (this.#client.status === "wait") this.#client.connect().catch(() => {});
    return connected;
  }

  stop(): void {
    this.#stopped = true;
    this.#client.disconnect();
    this.#drop(new Error("The connection to Redis has ended."));
  }

  /** Replaces a connection on which nothing comes back. Its calls fail at once rather than at their deadlines. */
  restart(): void {
    const { stream } = this.#client;
    if (!stream) return;
    // The client waits for the close of a destroyed stream, which may never come, and keeps using it until then.
    if (stream.destroyed) stream.emit("close", false);
    // What the network has not taken yet must not arrive after what the new connection writes. TLS has no such reset,
    // and a stream that is being ended, as the client does by itself, would never say that it has closed.
    else if (stream instanceof TLSSocket || isBeingEnded(stream)) stream.destroy();
    else stream.resetAndDestroy();
  }

  /**
   * @param send writes commands; it must not wait before the first
   * @throws Failure `unavailable`
   */
  async call<Reply>(send: (client: Redis) => Promise<Reply>, limit: Limit = "call"): Promise<Reply> {
    const obstacle = this.#obstacle();
    if (obstacle) throw new Failure("unavailable", undefined, { cause: obstacle });
    this.#cork();
    const started = performance.now();
    try {
      const reply = await this.#deadlines[limit].within(send(this.#client));
      this.#answering = true;
      this.#answered(started);
      return reply;
    } catch (error) {
      this.#failed(started);
      // An error that Redis answered with is an answer: the server is there.
      this.#answering = error instanceof ReplyError;
      if (movedCodes.has(errorCodeOf(error))) this.#client.emit("moved");
      this.#options.throttledLog.warn("redis_call_failed", error);
      throw new Failure("unavailable", undefined, { cause: error });
    }
  }

  /**
   * Runs a script; its strings come back as Buffers.
   *
   * @throws Failure `unavailable`
   */
  run(script: Script, keys: readonly string[], args: readonly Argument[], limit?: Limit): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    return this.call(async (client) => {
      try {
        return await client.callBuffer("evalsha", [script.sha, ...rest]);
      } catch (error) {
        if (errorCodeOf(error) !== "NOSCRIPT") throw error;
        // Redis has restarted, or a replica has taken over that never had the script.
        return await client.callBuffer("eval", [script.text, ...rest]);
      }
    }, limit);
  }

  /** Sends what was called in this turn, before the turn ends. */
  flush(): void {
    this.#corked?.uncork();
    this.#corked = undefined;
  }

  /** Checked before each call, since the client would queue it: late, without bound, or sent to the next connection. */
  #obstacle(): Error | undefined {
    const { status, commandQueue, stream } = this.#client;
    if (status !== "ready") return new Error(`The connection to Redis is in the state "${status}".`);
    if (!stream.writable) return new Error("The connection to Redis is at its end.");
    if (commandQueue.length >= maxPending) return new Error("Too many calls wait for Redis.");
    if (stream.writableLength >= maxUnsent) return new Error("Too many bytes wait for Redis.");
    return undefined;
  }

  #answered(started: number): void {
    this.#lag = (performance.now() - started) / 1_000;
    this.#options.meter.redisAnswered(this.#options.role, this.#lag);
  }

  #failed(started: number): void {
    this.#lag = (performance.now() - started) / 1_000;
    this.#options.meter.redisFailed(this.#options.role);
  }

  /** What waits gets no answer any more, so it fails now rather than at its deadline. */
  #drop(error: Error): void {
    this.#answering = false;
    for (const deadlines of Object.values(this.#deadlines)) deadlines.fail(error);
  }

  /** The client ends for good where Sentinels report a failover while it asks them for the address. */
  #revive(): void {
    if (this.#stopped) return;
    setTimeout(() => {
      if (!this.#stopped) this.#client.connect().catch(() => {});
    }, revivalPause).unref();
  }

  /** All calls of one turn of the event loop leave in one write. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = this.#client.stream;
    this.#corked.cork();
    setImmediate(() => this.flush());
  }

  /** So that no call after a reconnect has to carry a script's text. Where this fails, `run` sends it. */
  #loadScripts(): void {
    for (const { text } of Object.values(scripts)) {
      this.call((client) => client.script("LOAD", text)).catch(() => {});
    }
  }
}

function isBeingEnded({ writableEnded, writableFinished }: Redis["stream"]): boolean {
  return writableEnded && !writableFinished;
}
