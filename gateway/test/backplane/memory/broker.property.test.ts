import fc from "fast-check";
import { expect, it } from "vitest";
import { MemoryBroker } from "../../../src/backplane/memory/broker.ts";
import type {
  Delivery,
  Draft,
  HistoryPage,
  HistoryRead,
  ReadBudget,
  ReadFrom,
  Retention,
} from "../../../src/backplane/ports.ts";
import { draft } from "../../contract/harness.ts";
import { ManualClock } from "./harness.ts";
import { ModelChannel, type ModelFrom, type ModelPage, spend } from "./model.ts";
import { type ChannelName, channelNames, type Read, type Step, step, ttl } from "./steps.ts";

/** The broker and the model side by side. */
class Comparison {
  readonly #clock = new ManualClock();
  readonly #delivered: Delivery[] = [];
  readonly #broker = new MemoryBroker(this.#clock.now);
  readonly #sink = { receive: (delivery: Delivery) => void this.#delivered.push(delivery) };
  readonly #models = { a: new ModelChannel(ttl), b: new ModelChannel(ttl) };
  /** Channel and life to the epoch that the broker gave it. */
  readonly #epochs = new Map<string, string>();
  #size = 3;

  get #retention(): Retention {
    return { size: this.#size, ttl };
  }

  async run(step: Step): Promise<void> {
    const now = this.#clock.now();
    if (step.do === "advance") this.#clock.advance(step.ms);
    else if (step.do === "trim") this.#size = step.size;
    else if (step.do === "sweep") this.#broker.sweep();
    else if (step.do === "publish") await this.#publish(step, now);
    else if (step.do === "read") await this.#read(step.reads, step.budget, now);
    else await this.#hold(step.do, step.channel, now);
  }

  /** Whatever happened, nothing stays behind of channels that nobody uses. */
  giveBack(): void {
    for (const name of channelNames) this.#broker.unsubscribe(name);
    this.#clock.advance(600_000);
    this.#broker.sweep();
    expect(this.#broker.size).toBe(0);
  }

  async #hold(act: "subscribe" | "unsubscribe" | "clear", name: ChannelName, now: number): Promise<void> {
    const model = this.#models[name];
    if (act === "unsubscribe") {
      this.#broker.unsubscribe(name);
      model.unsubscribe(now);
    } else if (act === "subscribe") {
      await this.#broker.subscribe(name, this.#retention, this.#sink);
      model.touch(now);
      model.subscribed = true;
    } else {
      await this.#broker.clear(name, this.#retention);
      model.clear(now);
    }
  }

  async #publish(step: Extract<Step, { do: "publish" }>, now: number): Promise<void> {
    const model = this.#models[step.channel];
    const publication: Draft = draft(step.channel, step.data, {
      retention: step.stored ? this.#retention : undefined,
      idempotencyKey: step.key,
    });
    const before = this.#delivered.length;
    const receipt = await this.#broker.publish(publication);
    const firstUse = step.key === undefined ? undefined : model.firstUse(step.key, now);
    const expected = firstUse ? firstUse.position : step.stored ? model.next(now) : undefined;
    expect(receipt.repeated).toBe(firstUse !== undefined);
    expect(receipt.position).toEqual(expected && this.#real(step.channel, expected, receipt.position?.epoch));
    const fresh = this.#delivered.slice(before);
    expect(fresh).toHaveLength(!firstUse && model.subscribed ? 1 : 0);
    if (firstUse) return;
    if (step.key !== undefined) model.remember(step.key, now, expected);
    const position = receipt.position && `${receipt.position.epoch}:${receipt.position.offset}`;
    const message = JSON.stringify({ channel: step.channel, data: step.data, time: 1, position });
    for (const { packet } of fresh) expect(packet).toBe(`42["message",${message}]`);
    if (expected) model.add(expected, message, this.#size, now);
  }

  async #read(reads: readonly Read[], budget: ReadBudget, now: number): Promise<void> {
    const takes = spend(budget);
    const expected: ModelPage[] = [];
    const asked: HistoryRead[] = [];
    for (const { channel, from, reverse, limit } of reads) {
      const life = await this.#learnLife(channel, now);
      const modelFrom = typeof from === "string" ? from : { offset: from.offset, life: life - from.lifeBack };
      expected.push(this.#models[channel].page({ from: modelFrom, reverse, limit }, now, takes));
      const one = { channel, retention: this.#retention, from: this.#realFrom(channel, modelFrom), reverse };
      asked.push(limit === undefined ? one : { ...one, limit });
    }
    const pages = await this.#broker.read(asked, budget);
    expect(pages).toHaveLength(reads.length);
    for (const [index, { channel }] of reads.entries()) this.#compare(channel, pages[index], expected[index]);
  }

  /** Reads the top, so that the epoch of the channel's present life is known. */
  async #learnLife(name: ChannelName, now: number): Promise<number> {
    const budget = { messages: 1, bytes: 0, attachments: 0 };
    const [page] = await this.#broker.read(
      [{ channel: name, retention: this.#retention, from: "top" }],
      budget,
    );
    const expected = this.#models[name].page(
      { from: "top", reverse: false, limit: undefined },
      now,
      () => true,
    );
    this.#compare(name, page, expected);
    return expected.top.life;
  }

  #compare(name: ChannelName, real: HistoryPage | undefined, model: ModelPage | undefined): void {
    const { reached, more } = real ?? {};
    const messages = real?.entries.map(({ message }) => message);
    const top = model && this.#real(name, model.top, real?.top.epoch);
    expect({ top: real?.top, reached, more, messages }).toEqual({ ...model, top });
  }

  #realFrom(name: ChannelName, from: ModelFrom): ReadFrom {
    if (typeof from === "string") return from;
    return { epoch: this.#epochs.get(`${name} ${from.life}`) ?? "neverSeen", offset: from.offset };
  }

  /** A model's position with the epoch of its life, which is the one seen first and no other life's. */
  #real(name: ChannelName, position: { life: number; offset: number }, seen: string | undefined) {
    const life = `${name} ${position.life}`;
    const known = this.#epochs.get(life);
    if (known === undefined && seen !== undefined) {
      expect([...this.#epochs.values()]).not.toContain(seen);
      this.#epochs.set(life, seen);
    }
    return { epoch: known ?? seen, offset: position.offset };
  }
}

it("does what the model does, whatever the order of the calls", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
      const comparison = new Comparison();
      for (const step of steps) await comparison.run(step);
      comparison.giveBack();
    }),
    { numRuns: 2_000 },
  );
}, 120_000);
