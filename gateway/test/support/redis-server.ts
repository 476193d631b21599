import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis, type RedisOptions } from "ioredis";

/** A redis-server of its own for a test, on a free port and in its own directory. */
export class RedisServer {
  readonly port: number;
  readonly #directory: string;
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;

  constructor(port: number, directory: string, options: readonly string[]) {
    this.port = port;
    this.#directory = directory;
    this.#options = options;
  }

  /** @param options of redis-server's command line, such as `--maxmemory`, `100mb` */
  static async start(...options: string[]): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), "tidegate-redis-"));
    const server = new RedisServer(await freePort(), directory, options);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again after `kill`, with the data that it saved. */
  async start(): Promise<void> {
    const fixed = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#directory];
    const quiet = ["--save", "", "--loglevel", "warning", "--repl-backlog-ttl", "0"];
    this.#process = spawn("redis-server", [...fixed, ...quiet, ...this.#options], { stdio: "ignore" });
    await this.#answer();
  }

  /** Freezes the server, as a host that hangs does; connections stay open. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  /** Ends it without a word, as a crash does. */
  async kill(): Promise<void> {
    const ended = this.#ended();
    this.#process?.kill("SIGKILL");
    await ended;
  }

  /** Runs commands on a connection of their own. */
  async ask<Result>(commands: (client: Redis) => Promise<Result>): Promise<Result> {
    const client = this.#connect();
    try {
      return await commands(client);
    } finally {
      client.disconnect();
    }
  }

  async flush(): Promise<void> {
    await this.ask((client) => client.flushall());
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #connect(options: Pick<RedisOptions, "retryStrategy" | "maxRetriesPerRequest"> = {}): Redis {
    const at = this.#options.indexOf("--requirepass");
    const [password] = at === -1 ? [] : this.#options.slice(at + 1);
    return new Redis(this.port, "127.0.0.1", password === undefined ? options : { password, ...options });
  }

  #ended(): Promise<unknown> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => child.once("exit", resolve));
  }

  async #answer(): Promise<void> {
    const client = this.#connect({ retryStrategy: () => 20, maxRetriesPerRequest: null });
    // Until the server listens each attempt fails.
    client.on("error", () => {});
    const ended = this.#ended().then(() => Promise.reject(new Error("The server does not start.")));
    await Promise.race([client.ping(), ended]).finally(() => client.disconnect());
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
