import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis, type RedisOptions } from "ioredis";
import { need, program } from "../../../scripts/programs/need.ts";
import { freePort } from "./ports.ts";

need("redis-server");

/** Where a server runs. */
export interface Site {
  /** Address that it listens at. */
  host: string;
  /** What its command line begins with, as to run it in another network. */
  command: readonly string[];
}

const here: Site = { host: "127.0.0.1", command: [] };

/** A redis-server of its own for a test, on a free port and in its own directory. */
export class RedisServer {
  readonly port: number;
  readonly #site: Site;
  readonly #directory: string;
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;

  constructor(port: number, directory: string, options: readonly string[], site: Site) {
    this.port = port;
    this.#directory = directory;
    this.#options = options;
    this.#site = site;
  }

  /** @param options of redis-server's command line, such as `--maxmemory`, `100mb` */
  static start(...options: string[]): Promise<RedisServer> {
    return RedisServer.startAt(here, ...options);
  }

  static async startAt(site: Site, ...options: string[]): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), "tidegate-redis-"));
    const server = new RedisServer(await freePort(), directory, options, site);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://${this.#site.host}:${this.port}`;
  }

  /** Starts it again after `kill`, with the data that it saved. */
  async start(): Promise<void> {
    const { host, command } = this.#site;
    const fixed = ["--port", String(this.port), "--bind", host, "--dir", this.#directory];
    const quiet = ["--save", "", "--loglevel", "warning", "--repl-backlog-ttl", "0"];
    const [file = "", ...args] = [...command, program("redis-server"), ...fixed, ...quiet, ...this.#options];
    this.#process = spawn(file, args, { stdio: "ignore" });
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
    // What is under way where the server is killed fails by itself.
    client.on("error", () => {});
    try {
      return await commands(client);
    } finally {
      client.disconnect();
    }
  }

  async flush(): Promise<void> {
    await this.ask((client) => client.flushall());
  }

  /** Brings every key that will expire so much nearer to that, in milliseconds: what would take hours is now. */
  async age(ms: number): Promise<void> {
    await this.ask(async (client) => {
      for (const key of await client.keys("*")) {
        const left = await client.pttl(key);
        if (left >= 0) await client.pexpire(key, left - ms);
      }
    });
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #connect(options: Pick<RedisOptions, "retryStrategy" | "maxRetriesPerRequest"> = {}): Redis {
    const at = this.#options.indexOf("--requirepass");
    const [password] = at === -1 ? [] : this.#options.slice(at + 1);
    const known = password === undefined ? options : { password, ...options };
    return new Redis(this.port, this.#site.host, known);
  }

  #ended(): Promise<unknown> {
    return this.#process ? whenEnded(this.#process) : Promise.resolve();
  }

  async #answer(): Promise<void> {
    const client = this.#connect({ retryStrategy: () => 20, maxRetriesPerRequest: null });
    // Until the server listens each attempt fails.
    client.on("error", () => {});
    const ended = this.#ended().then(() => Promise.reject(new Error("The server does not start.")));
    await Promise.race([client.ping(), ended]).finally(() => client.disconnect());
  }
}

/** Resolves once a process has ended, also where it has already. */
export async function whenEnded(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
