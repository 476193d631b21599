/*
 * One hook that is asked: bounds, time, breaker, and what an answer is. `backend.ts` chooses the hook. Nothing here
 * knows what a question is about.
 */

import type { z } from "zod";
import { Semaphore } from "../auth/semaphore.ts";
import type { AskingHook } from "../config/hooks.ts";
import { Failure } from "../errors.ts";
import type { HookMeter, QuestionKind, QuestionOutcome } from "../meter.ts";
import { randomText } from "../random.ts";
import type { ThrottledLog } from "../throttled-log.ts";
import { readAnswer } from "./answers.ts";
import { Breaker } from "./breaker.ts";
import { CallFailure, HookCaller } from "./caller.ts";

export interface AskedHookOptions {
  node: string;
  ca: string | undefined;
  meter: HookMeter;
  log: ThrottledLog;
  /** Unix milliseconds. */
  now(): number;
}

/** Calls at once, and questions that wait for one to end; of one kind half as many. */
const bounds = { atOnce: 100, queue: 1_000 };
const half = { atOnce: bounds.atOnce / 2, queue: bounds.queue / 2 };

/** Milliseconds after which a client is told to come again, where nothing better is known. */
const after = { least: 500, most: 2_000 };

/** A question on its way. */
interface Asked<T> {
  kind: QuestionKind;
  question: object;
  answer: z.ZodType<T>;
  fits(answer: T): boolean;
  /** Monotonic milliseconds when it arose. */
  started: number;
}

interface Kind {
  places: Semaphore;
  breaker: Breaker;
}

/** A backend that is asked. */
export class AskedHook {
  readonly #hook: AskingHook;
  readonly #options: AskedHookOptions;
  readonly #caller: HookCaller;
  readonly #places = new Semaphore({ ...bounds, queue: Number.POSITIVE_INFINITY });
  readonly #kinds: ReadonlyMap<QuestionKind, Kind>;
  #underWay = 0;

  constructor(hook: AskingHook, options: AskedHookOptions) {
    const { ca, now, meter } = options;
    this.#hook = hook;
    this.#options = options;
    this.#caller = new HookCaller({ url: hook.url, secrets: hook.secrets, ca, now });
    const clock = () => performance.now();
    this.#kinds = new Map(
      hook.ask.map((kind) => [kind, { places: new Semaphore(half), breaker: new Breaker(clock) }]),
    );
    for (const kind of hook.ask) meter.asksHook(hook.name, kind);
  }

  /**
   * @param question what the kind of question has besides
   * @param answer what the backend has to say
   * @param fits whether what it says can be, beyond its form
   * @throws Failure as the backend refuses, or `unavailable`
   */
  async ask<T>(
    kind: QuestionKind,
    question: object,
    answer: z.ZodType<T>,
    fits: (answer: T) => boolean = () => true,
  ): Promise<T> {
    const asked = { kind, question, answer, fits, started: performance.now() };
    try {
      const said = await this.#wait(asked);
      this.#count(asked, said instanceof Failure ? "refused" : "answered");
      if (said instanceof Failure) throw said;
      return said;
    } catch (thrown) {
      throw thrown instanceof NotAnswered ? this.#unanswered(asked, thrown) : thrown;
    }
  }

  /** Ends the calls that are under way. */
  close(): void {
    this.#caller.close();
  }

  #count({ kind, started }: Pick<Asked<unknown>, "kind" | "started">, outcome: QuestionOutcome): void {
    this.#options.meter.asked(this.#hook.name, kind, outcome, (performance.now() - started) / 1_000);
  }

  #unanswered(asked: Pick<Asked<unknown>, "kind" | "started">, cause: NotAnswered): Failure {
    const { name } = this.#hook;
    this.#count(asked, cause.outcome);
    this.#options.log.write(
      "hook_unanswered",
      { hook: name, question: asked.kind, cause },
      `${name} ${asked.kind}`,
    );
    const wait = Math.max(cause.wait, after.least) + Math.random() * (after.most - after.least);
    return new Failure("unavailable", undefined, { after: Math.round(wait), cause });
  }

  /** Waits for a place, as long as the question may take altogether. */
  async #wait<T>(asked: Asked<T>): Promise<T | Failure> {
    const { places, breaker } = this.#kindOf(asked.kind);
    if (breaker.wait > 0) throw new NotAnswered("open", breaker.wait);
    if (this.#underWay >= bounds.atOnce + bounds.queue) throw new NotAnswered("busy");
    this.#underWay += 1;
    try {
      const signal = AbortSignal.timeout(this.#hook.timeout);
      return await places.run(signal, () => this.#places.run(signal, () => this.#call(asked, breaker)));
    } catch (thrown) {
      if (thrown instanceof NotAnswered) throw thrown;
      // What the semaphores throw: too many wait, or the time is over.
      throw new NotAnswered(thrown instanceof Failure ? "busy" : "timeout");
    } finally {
      this.#underWay -= 1;
    }
  }

  async #call<T>(asked: Asked<T>, breaker: Breaker): Promise<T | Failure> {
    const pass = breaker.pass();
    if (pass === undefined) throw new NotAnswered("open", breaker.wait);
    let isAnswered = false;
    try {
      const said = await this.#post(asked);
      isAnswered = true;
      return said;
    } finally {
      breaker.record(pass, isAnswered);
      this.#options.meter.breaker(this.#hook.name, asked.kind, breaker.open);
    }
  }

  async #post<T>({ kind, question, answer, fits, started }: Asked<T>): Promise<T | Failure> {
    const { node, now } = this.#options;
    const { name: hook, timeout } = this.#hook;
    const id = randomText(15, "base64url");
    const body = JSON.stringify({ hook, type: kind, id, time: now(), node, ...question });
    try {
      const left = timeout - (performance.now() - started);
      const { status, text } = await this.#caller.call({ id, body, timeout: left });
      if (status !== 200) throw new NotAnswered("status", 0, `HTTP ${status}`);
      const said = readAnswer(answer, text);
      if (said instanceof Failure) return said;
      if (said === undefined || !fits(said)) throw new NotAnswered("malformed");
      return said;
    } catch (thrown) {
      if (!(thrown instanceof CallFailure)) throw thrown;
      throw new NotAnswered(thrown.reason === "stale" ? "ended" : thrown.reason, 0, thrown.message);
    }
  }

  #kindOf(kind: QuestionKind): Kind {
    const found = this.#kinds.get(kind);
    if (!found) throw new Error(`The hook ${this.#hook.name} is not asked ${kind}.`);
    return found;
  }
}

type Silence = Exclude<QuestionOutcome, "answered" | "refused">;

/** Why a question has no answer. Its words are for the log, and quote nothing of a body or an address. */
class NotAnswered extends Error {
  readonly outcome: Silence;
  /** Milliseconds for which it is of no use to ask again. */
  readonly wait: number;

  constructor(outcome: Silence, wait = 0, words: string = outcome) {
    super(words);
    this.name = "NotAnswered";
    this.outcome = outcome;
    this.wait = wait;
  }
}
