import { setTimeout as sleep } from "node:timers/promises";
import type { ErrorBody } from "../../src/protocol/events.ts";
import { type Answer, call } from "./api.ts";
import type { Client } from "./client.ts";
import type { Dice } from "./dice.ts";
import { positionOf } from "./follower.ts";
import type { Acknowledged } from "./journal.ts";

/** An attempt that was not acknowledged. */
export interface Refusal {
  code: string;
  /** From the attempt to the answer. */
  ms: number;
  /** When it was answered, on the monotonic clock. */
  at: number;
}

interface Publication {
  channel: string;
  id: string;
  data: string;
}

export interface PublishersOptions {
  key: string;
  dice: Dice;
  /** Admin addresses of nodes that may be there. */
  apis(): readonly string[];
  channels: readonly string[];
  clients: readonly Client[];
}

/** Failures after which the same publication is tried again; its id makes that harmless. */
const passing = ["unavailable", "draining", "rate_limited", "timeout", "unreachable"];
const batchSize = 60;

/** Backends and clients that publish, each until it is acknowledged. */
export class Publishers {
  readonly acknowledged: Acknowledged[] = [];
  readonly refusals: Refusal[] = [];
  /** What should not happen to a publisher at all. */
  readonly throttledLog: string[] = [];
  readonly #options: PublishersOptions;
  readonly #lanes: Promise<void>[] = [];
  /** When the newest acknowledgement came, on the monotonic clock. */
  #lastAcknowledged = performance.now();
  #longestSilence = 0;
  #count = 0;
  #running = true;

  constructor(options: PublishersOptions) {
    this.#options = options;
    for (let lane = 0; lane < 3; lane += 1)
      this.#lanes.push(this.#runBackend(options.dice.of(`backend ${lane}`)));
    for (let lane = 0; lane < 2; lane += 1)
      this.#lanes.push(this.#runClient(options.dice.of(`client ${lane}`)));
  }

  /** Starts nothing new; resolves once all that was begun is acknowledged. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#lanes);
  }

  /** The longest time without any acknowledgement since this was asked for, in milliseconds. */
  takeSilence(): number {
    this.#hear();
    const longest = this.#longestSilence;
    this.#longestSilence = 0;
    return longest;
  }

  /** Publishes one message through the API until it is acknowledged. */
  async publish(channel: string, dice: Dice): Promise<Acknowledged> {
    const [one] = await this.#insist([this.#next(channel, dice)], dice);
    if (!one) throw new Error(`A publication to ${channel} was refused.`);
    return one;
  }

  async #runBackend(dice: Dice): Promise<void> {
    const { channels } = this.#options;
    while (this.#running) {
      const count = dice.chance(0.01) ? batchSize : 1;
      const some = Array.from({ length: count }, () => this.#next(dice.pick(channels), dice));
      await this.#insist(some, dice);
      await sleep(dice.between(20, 80));
    }
  }

  async #runClient(dice: Dice): Promise<void> {
    const { clients, channels } = this.#options;
    while (this.#running) {
      const client = dice.pick(clients);
      const one = this.#next(dice.pick(channels.filter((channel) => channel.startsWith("room:"))), dice);
      const payload = { ...one, echo: dice.chance(0.7) };
      await this.#insistAs(client, payload, dice);
      await sleep(dice.between(20, 120));
    }
  }

  #next(channel: string, dice: Dice): Publication {
    this.#count += 1;
    return { channel, id: `p${this.#count}`, data: "x".repeat(dice.between(1, 400)) };
  }

  async #insistAs(client: Client, payload: Publication & { echo: boolean }, dice: Dice): Promise<void> {
    for (;;) {
      const reply = await client.publish(payload);
      if (reply?.ok) {
        this.#note(payload, reply.position);
        return;
      }
      if (reply && !passing.includes(reply.error.code)) this.#complain(payload, reply.error.code);
      // One that stays away publishes nothing more; what it sent may have been stored, and counts for nothing.
      if (!this.#running && !client.wanted) return;
      await sleep(dice.between(50, 300));
    }
  }

  /** @returns what was acknowledged, in order */
  async #insist(publications: readonly Publication[], dice: Dice): Promise<Acknowledged[]> {
    const acknowledged: Acknowledged[] = [];
    let left = publications;
    while (left.length > 0) {
      const results = await this.#attempt(left, dice.pick(this.#options.apis()));
      const again: Publication[] = [];
      for (const [index, one] of left.entries()) {
        const result = results[index];
        if (typeof result === "string") acknowledged.push(this.#note(one, result));
        else if (passing.includes(result?.code ?? "unreachable")) again.push(one);
        else this.#complain(one, result?.code ?? "");
      }
      left = again;
      if (left.length > 0) await sleep(dice.between(30, 150));
    }
    return acknowledged;
  }

  /** @returns for each its position, or the error */
  async #attempt(some: readonly Publication[], api: string): Promise<(string | Pick<ErrorBody, "code">)[]> {
    const begun = performance.now();
    const operations = some.map((one) => ({ publish: one }));
    const [path, body] = some.length > 1 ? ["/v1/batch", { operations }] : ["/v1/publish", some[0]];
    const unreachable = { status: 0, body: { error: { code: "unreachable" } } };
    const answer = await call(api, this.#options.key, "POST", path as string, body).catch(() => unreachable);
    const results = resultsOf(answer, some.length);
    const now = performance.now();
    for (const result of results) {
      if (typeof result !== "string") this.refusals.push({ code: result.code, ms: now - begun, at: now });
    }
    return results;
  }

  #note({ channel, id }: Publication, position: string | undefined): Acknowledged {
    const one = { channel, id, position: positionOf(position) };
    this.acknowledged.push(one);
    this.#hear();
    return one;
  }

  #hear(): void {
    const now = performance.now();
    this.#longestSilence = Math.max(this.#longestSilence, now - this.#lastAcknowledged);
    this.#lastAcknowledged = now;
  }

  #complain({ channel, id }: Publication, code: string): void {
    this.throttledLog.push(`${id} to ${channel}: ${code}`);
  }
}

interface Result {
  position?: string;
  error?: Pick<ErrorBody, "code">;
  /** Of an operation of a batch. */
  results?: Result[];
}

function resultsOf({ body }: Answer, count: number): (string | Pick<ErrorBody, "code">)[] {
  const { error, results } = body as Result;
  return Array.from({ length: count }, (_, index) => {
    const outer = results?.[index];
    const result = outer?.results?.[0] ?? outer;
    return result?.position ?? result?.error ?? error ?? ({ code: "internal" } as const);
  });
}

/** The longest that an attempt took which was refused in this time; of those that Redis was to blame for. */
export function slowestRefusal({ refusals }: Publishers, from: number, to: number): number {
  const within = refusals.filter(({ at, code }) => at >= from && at <= to && code === "unavailable");
  return Math.max(0, ...within.map(({ ms }) => ms));
}
