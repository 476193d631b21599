import type { ReadBudget, ReadFrom } from "../../../src/backplane/ports.ts";

interface Publication {
  life: number;
  offset: number;
  at: number;
  message: string;
}

export type ModelFrom = Exclude<ReadFrom, object> | { life: number; offset: number };

interface ModelRead {
  from: ModelFrom;
  reverse: boolean;
  limit: number | undefined;
}

export interface ModelPage {
  top: { life: number; offset: number };
  reached: boolean;
  messages: string[];
  more: boolean;
}

const keyLifetime = 300_000;

/**
 * What a channel's history is, told without regard to cost: every publication ever made is kept, and each
 * question filters them. A life is the time between two creations of the counter.
 */
export class ModelChannel {
  readonly #ttl: number;
  readonly #publications: Publication[] = [];
  readonly #keys = new Map<string, { at: number; position: { life: number; offset: number } | undefined }>();
  #life = 0;
  #offset = 0;
  #forgottenUpTo = 0;
  #touched = Number.NEGATIVE_INFINITY;
  subscribed = false;

  constructor(ttl: number) {
    this.#ttl = ttl;
  }

  /** Any use of the channel with retention. */
  touch(now: number): void {
    this.#expire(now);
    this.#touched = now;
  }

  unsubscribe(now: number): void {
    this.#expire(now);
    this.subscribed = false;
    if (this.#touched > Number.NEGATIVE_INFINITY) this.#touched = now;
  }

  firstUse(key: string, now: number) {
    const use = this.#keys.get(key);
    return use && now - use.at < keyLifetime ? use : undefined;
  }

  remember(key: string, now: number, position: { life: number; offset: number } | undefined): void {
    this.#keys.set(key, { at: now, position });
  }

  next(now: number): { life: number; offset: number } {
    this.touch(now);
    this.#offset += 1;
    return { life: this.#life, offset: this.#offset };
  }

  add(position: { life: number; offset: number }, message: string, size: number, now: number): void {
    this.#publications.push({ ...position, at: now, message });
    this.#forgottenUpTo = Math.max(this.#forgottenUpTo, position.offset - size);
  }

  clear(now: number): void {
    this.touch(now);
    this.#forgottenUpTo = this.#offset;
  }

  page({ from, reverse, limit }: ModelRead, now: number, takes: (message: string) => boolean): ModelPage {
    this.touch(now);
    const top = { life: this.#life, offset: this.#offset };
    const wanted = this.#wanted(from, now);
    if (!wanted) return { top, reached: false, messages: [], more: false };
    if (from === "start" && reverse) wanted.reverse();
    const limited = wanted.slice(0, limit);
    const fitting = limited.findIndex(({ message }) => !takes(message));
    const messages = (fitting === -1 ? limited : limited.slice(0, fitting)).map(({ message }) => message);
    return { top, reached: true, messages, more: messages.length < wanted.length };
  }

  #wanted(from: ModelFrom, now: number): Publication[] | undefined {
    const visible = this.#publications.filter(
      ({ life, offset, at }) => life === this.#life && offset > this.#forgottenUpTo && now - at <= this.#ttl,
    );
    if (from === "top") return [];
    if (from === "start") return visible;
    if (from === "newest") return visible.slice(-1);
    const after = visible.filter(({ offset }) => offset > from.offset);
    const whole = from.life === this.#life && after.length === this.#offset - from.offset;
    return whole ? after : undefined;
  }

  #expire(now: number): void {
    if (this.subscribed || now - this.#touched <= this.#ttl) return;
    this.#life += 1;
    this.#offset = 0;
    this.#forgottenUpTo = 0;
    this.#touched = Number.NEGATIVE_INFINITY;
  }
}

/** A read call's budget, entry by entry. */
export function spend(budget: ReadBudget): (message: string) => boolean {
  const taken: string[] = [];
  return (message) => {
    const bytes = Buffer.byteLength([...taken, message].join(""));
    const fits = taken.length === 0 || (taken.length < budget.messages && bytes <= budget.bytes);
    if (fits) taken.push(message);
    return fits;
  };
}
