import type { RedisProcess } from "./redis-process.ts";
import type { ServerKind, ServerProcess } from "./server-process.ts";

/** A figure of one run; the key says what it is and in which unit. */
export type Figures = Record<string, number>;

export interface Scale {
  /** A smoke run: a fraction of the clients, messages and seconds. */
  quick: boolean;
  /** What the server meets others through; absent where it is alone. */
  redis?: RedisProcess | undefined;
}

export interface Scenario {
  name: string;
  /** What is measured, in one sentence. */
  title: string;
  targets: readonly ServerKind[];
  /** Whether it can be run through Redis too, or is about nothing else. */
  redis?: "also" | "only";
  /** The figure that the table compares, and whether more of it is better. */
  headline: { figure: string; better: "more" | "less" };
  /** What the server is started with beside the usual. */
  env?(kind: ServerKind): Record<string, string>;
  run(server: ServerProcess, scale: Scale): Promise<Figures>;
}

/** CPU seconds of the server, and how busy this process was while it measured. */
export class Stopwatch {
  readonly #server: ServerProcess;
  readonly #cpu: number;
  readonly #own = process.cpuUsage();
  readonly #started = performance.now();

  constructor(server: ServerProcess) {
    this.#server = server;
    this.#cpu = server.cpu();
  }

  /** Seconds. */
  get elapsed(): number {
    return (performance.now() - this.#started) / 1_000;
  }

  read(): { seconds: number; cpuSeconds: number; generatorBusy: number } {
    const seconds = this.elapsed;
    const { user, system } = process.cpuUsage(this.#own);
    const cpuSeconds = Math.max(this.#server.cpu() - this.#cpu, 0.01);
    return { seconds, cpuSeconds, generatorBusy: (user + system) / 1e6 / seconds };
  }
}

export function percentile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0;
}
