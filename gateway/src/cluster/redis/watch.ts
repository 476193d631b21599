import type { Complaints } from "./complaints.ts";
import type { Line } from "./line.ts";
import type { Topics } from "./topics.ts";

type Watched = Pick<Line, "ready" | "stuck" | "received" | "call" | "restart">;

export interface WatchOptions {
  commands: Watched & Pick<Line, "onReady">;
  subscriber: Watched;
  topics: Pick<Topics, "compareQuiet">;
  complaints: Complaints;
  /** Another server has taken the place of the one that was there: it may lack what that one acknowledged last. */
  onReplaced(): void;
  /** Milliseconds between two looks. */
  interval: number;
}

/**
 * Finds out what no error tells: a connection on which nothing comes any more, and two connections that
 * have ended up at different servers, of which one publishes what the other never hears.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #timer: NodeJS.Timeout;
  /** Its run id. */
  #server: string | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#look(), options.interval).unref();
    options.commands.onReady(() => void this.#look());
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { commands, subscriber, topics, complaints } = this.#options;
    topics.compareQuiet();
    const servers = await Promise.all([commands, subscriber].map((line) => this.#serverOf(line)));
    const [publishing, hearing] = servers;
    if (publishing !== undefined) this.#meet(publishing);
    if (publishing === undefined || hearing === undefined || publishing === hearing) return;
    complaints.warn("The two connections to Redis are not at the same server.");
    commands.restart();
    subscriber.restart();
  }

  #meet(server: string): void {
    const before = this.#server;
    this.#server = server;
    if (before !== undefined && before !== server) this.#options.onReplaced();
  }

  /** @returns the server's run id, or undefined where the connection is not there */
  async #serverOf(line: Watched): Promise<string | undefined> {
    if (line.stuck) line.restart();
    if (!line.ready) return undefined;
    const received = line.received;
    try {
      return runIdOf(await line.call((client) => client.info("server"), "ping"));
    } catch {
      // Where other answers come, this one waits behind what a busy Redis has still to do.
      if (line.ready && line.received === received) line.restart();
      return undefined;
    }
  }
}

function runIdOf(info: string): string | undefined {
  return /^run_id:(\w+)/m.exec(info)?.[1];
}
