import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Kind } from "./kinds.ts";

type Payload = Record<string, unknown>;

/** What a program of the zoo has said: an event of its client, or the answer to a request. */
interface Line {
  on?: string;
  ack?: string;
  payload?: Payload;
  reply?: Payload;
  /** Unix milliseconds. */
  at: number;
}

/** Milliseconds; a client that does not notice an end is found by its ping timeout, 45 s later. */
const patience = 60_000;

/** One client of another language, in a process of its own. */
export class Animal {
  readonly lines: Line[] = [];
  readonly #process: ChildProcess;

  constructor(kind: Kind, folder: string, url: string, token: string) {
    const [file = "", ...args] = [...kind.command(folder), url, token];
    this.#process = spawn(file, args, { stdio: ["pipe", "pipe", "ignore"] });
    const { stdout } = this.#process;
    if (!stdout) throw new Error("The program has no output.");
    createInterface({ input: stdout }).on("line", (text) => {
      // What a library prints by itself is no line of ours.
      if (text.startsWith("{")) this.lines.push({ ...(JSON.parse(text) as Line), at: Date.now() });
    });
  }

  /** @param bytes in hexadecimal, as the data of what is published */
  emit(event: string, payload: Payload, bytes?: string): void {
    this.#process.stdin?.write(`${JSON.stringify({ emit: event, payload, bytes })}\n`);
  }

  of(event: string): Line[] {
    return this.lines.filter(({ on }) => on === event);
  }

  /** Waits until it has said so much. @returns whether it did in time */
  async until(condition: () => boolean, limit = patience): Promise<boolean> {
    for (const end = Date.now() + limit; Date.now() < end; ) {
      if (condition()) return true;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  }

  stop(): void {
    this.#process.kill("SIGKILL");
  }
}
