import { replication, storedAt } from "./recording.ts";

/** Milliseconds: what a key has left is told by this, since it passes while it is recorded. */
const step = 5_000;
const longest = 86_400_000;

/**
 * Puts the same in the place of everything that chance or the clock decides, so that recordings of the same code are the
 * same. What byte strings hold keeps its length, since that stands before it.
 */
export class Normal {
  readonly #connections: readonly string[];
  readonly #ids = new Map<string, string>();

  /** @param connections ids of connections, in the order in which they came about */
  constructor(connections: readonly string[]) {
    this.#connections = connections;
  }

  of<Value>(value: Value): Value {
    if (typeof value === "string") return this.#text(value) as Value;
    if (Array.isArray(value)) return value.map((one) => this.of(one)) as Value;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.of(one)])) as Value;
  }

  #text(text: string): string {
    const named = this.#connections.reduce(
      (rest, id, index) => rest.replaceAll(id, `connection-${index + 1}`.padEnd(id.length, "-")),
      text,
    );
    return named
      .replaceAll(
        /(?<![0-9A-Za-z])([0-9a-f]{12})[0-9a-f]{8}(?![0-9a-f])/g,
        (_, nonce) => this.#numbered(nonce) + replication,
      )
      .replaceAll(/(?<![0-9A-Za-z])(?:[0-9a-f]{16}|[0-9a-f]{8})(?![0-9A-Za-z])/g, (id) => this.#numbered(id))
      .replaceAll(/(?<!\d)1[789]\d{11}(?!\d)/g, String(storedAt))
      .replaceAll(/"sec-websocket-key":"[^"]+"/g, '"sec-websocket-key":"AAAAAAAAAAAAAAAAAAAAAA=="')
      .replaceAll(/"time":"[A-Z][^"]+"/g, '"time":"Fri Jan 15 2027"')
      .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:3000");
  }

  #numbered(id: string): string {
    const known = this.#ids.get(id) ?? String(this.#ids.size + 1).padStart(id.length, "0");
    this.#ids.set(id, known);
    return known;
  }
}

/** What a key has left, to the next step; a day where it is longer. */
export function normalTtl(ms: number): number {
  return Math.min(longest, Math.round(ms / step) * step);
}
