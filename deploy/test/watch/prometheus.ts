import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { freePort } from "../../../gateway/test/support/ports.ts";
import { bareEnvironment, Process } from "../../../gateway/test/support/process.ts";
import { need, program } from "../../../scripts/programs/need.ts";
import { rulesFile } from "./rule-files.ts";

need("prometheus");

export interface Scrape {
  job: string;
  address: string;
  labels?: Record<string, string>;
}

interface Answer {
  status: string;
  error?: string;
  data: { result: { value: [time: number, value: string] }[] };
}

/** A Prometheus of a test's own, which scrapes and evaluates the rules. */
export class Prometheus {
  readonly #url: string;
  readonly #process: Process;
  readonly #folder: string;

  private constructor(url: string, process: Process, folder: string) {
    this.#url = url;
    this.#process = process;
    this.#folder = folder;
  }

  /** @param interval seconds between two scrapes of a target, and two looks at the rules */
  static async start(scrapes: readonly Scrape[], interval = 1): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), "tidegate-prometheus-"));
    const address = `127.0.0.1:${await freePort()}`;
    writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(configOf(scrapes, interval)));
    const args = [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=${address}`,
    ];
    const process = new Process(program("prometheus"), args, {
      cwd: folder,
      env: bareEnvironment(),
    });
    const prometheus = new Prometheus(`http://${address}`, process, folder);
    await process.until(() => process.stderr.includes("Server is ready"));
    return prometheus;
  }

  /**
   * The values of an expression's series that are numbers: a division by nothing is none.
   *
   * @throws Error where the expression is none
   */
  async values(expression: string): Promise<number[]> {
    const body = new URLSearchParams({ query: expression });
    const answer = (await (
      await fetch(`${this.#url}/api/v1/query`, { method: "POST", body })
    ).json()) as Answer;
    if (answer.status !== "success") throw new Error(`${expression}: ${answer.error}`);
    return answer.data.result.map(({ value }) => Number(value[1])).filter(Number.isFinite);
  }

  /** Waits until the expression has data. @param patience milliseconds */
  async hasData(expression: string, patience: number): Promise<boolean> {
    const look = async () => (await this.values(expression)).length > 0;
    return vi.waitUntil(look, { timeout: patience, interval: 250 }).catch(() => false);
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** JSON, which is YAML too. */
function configOf(scrapes: readonly Scrape[], interval: number): object {
  const every = `${interval}s`;
  return {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: [rulesFile],
    scrape_configs: [...new Set(scrapes.map(({ job }) => job))].map((job) => ({
      job_name: job,
      // A target that speaks of others' namespaces and pods, as kube-state-metrics does, keeps their labels.
      honor_labels: true,
      static_configs: scrapes
        .filter((scrape) => scrape.job === job)
        .map(({ address, labels = {} }) => ({ targets: [address], labels })),
    })),
  };
}
