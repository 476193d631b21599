/*
 * Makes metrics: the prefix, the registry, and readings at the time of a scrape. A reading that throws must cost its
 * own metric only; prom-client would fail the whole scrape.
 */

import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** Makes the gateway's metrics in one registry, all under one prefix. */
export class Series {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  counter(name: string, help: string, ...labelNames: string[]): Counter {
    return new Counter({ ...this.#described(name, help), labelNames });
  }

  /**
   * A counter of one label whose values are known. Each is there from the start, at 0: an increase from nothing
   * to 1 is none to Prometheus.
   */
  knownCounter(name: string, help: string, label: string, values: readonly string[]): Counter {
    const counter = this.counter(name, help, label);
    for (const value of values) counter.inc({ [label]: value }, 0);
    return counter;
  }

  /** A counter that something else keeps, read at each scrape. */
  readCounter(name: string, help: string, read: () => number): void {
    new Counter({
      ...this.#described(name, help),
      collect() {
        this.reset();
        if (!attempt(() => this.inc(read()))) this.remove();
      },
    });
  }

  gauge(name: string, help: string, ...labelNames: string[]): Gauge {
    return new Gauge({ ...this.#described(name, help), labelNames });
  }

  /** A gauge that is read at each scrape. */
  readGauge(name: string, help: string, read: () => number): void {
    new Gauge({
      ...this.#described(name, help),
      collect() {
        if (!attempt(() => this.set(read()))) this.remove();
      },
    });
  }

  /** A gauge of one label, read at each scrape. */
  readGauges(
    name: string,
    help: string,
    label: string,
    read: () => [value: string, reading: number][],
  ): void {
    new Gauge({
      ...this.#described(name, help),
      labelNames: [label],
      collect() {
        const readAll = () => {
          for (const [value, reading] of read()) this.set({ [label]: value }, reading);
        };
        if (!attempt(readAll)) this.reset();
      },
    });
  }

  histogram(name: string, help: string, buckets: number[], ...labelNames: string[]): Histogram {
    return new Histogram({ ...this.#described(name, help), buckets, labelNames });
  }

  #described(name: string, help: string) {
    return { name: `tidegate_${name}`, help, registers: [this.#registry] };
  }
}

/** A reading that fails costs the scrape its own samples, and not those of all metrics. */
function attempt(read: () => void): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
