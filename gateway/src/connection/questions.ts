/*
 * Owns the order between one connection's questions to backends and what its client sends after them. The dispatcher
 * asks it for each request while there are hooks; a connection has one from its first question on. Without it a slow
 * backend would hold up everything of a client, or a `publish` would overtake the `subscribe` before it.
 */

import { Failure } from "../errors.ts";
import type { Connection } from "./connection.ts";
import type { Asked, Request, RequestServices } from "./request.ts";

/** Questions of a connection that are asked or wait for a place at the backend. */
const most = 8;

type Ask = () => Promise<unknown>;

/** A request that something holds up: a question of its own, or one about the same channel that was sent before. */
export class Held {
  /** What the backend says; undefined before that, and where the request had only to wait. */
  answer: unknown;
  readonly #questions: Questions;
  readonly #ask: Ask | undefined;
  readonly #before: Promise<unknown>;
  readonly #done: () => void;

  constructor(questions: Questions, before: Promise<unknown>, done: () => void, ask: Ask | undefined) {
    this.#questions = questions;
    this.#before = before;
    this.#done = done;
    this.#ask = ask;
  }

  /** Asks, once nothing sent before is in the way. @throws Failure as the question */
  async wait(): Promise<void> {
    await this.#before;
    if (this.#ask) this.answer = await this.#questions.ask(this.#ask);
  }

  /** Its place in the connection's order is taken, or given up: what was sent after it may go on. */
  release(): void {
    this.#done();
  }
}

/** The questions of one connection. */
export class Questions {
  readonly #session: { readonly ended: boolean };
  #open = 0;
  /** By channel the newest request about it that has no place in the connection's order yet. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(session: { readonly ended: boolean }) {
    this.#session = session;
  }

  /**
   * @param channels that the request is about
   * @param ask the question that has to be answered first, where there is one
   * @returns undefined where nothing holds the request up
   */
  hold(channels: readonly string[], ask?: Ask): Held | undefined {
    const before = channels.flatMap((channel) => this.#last.get(channel) ?? []);
    if (!ask && before.length === 0) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const channel of channels) this.#last.set(channel, promise);
    const done = (): void => {
      for (const channel of channels) if (this.#last.get(channel) === promise) this.#last.delete(channel);
      resolve();
    };
    return new Held(this, Promise.all(before), done, ask);
  }

  /** @throws Failure `rate_limited` where too many are open, `disconnected` where nobody would hear the answer */
  async ask(question: Ask): Promise<unknown> {
    if (this.#session.ended) throw new Failure("disconnected");
    if (this.#open >= most) throw new Failure("rate_limited", `At most ${most} questions are asked at once.`);
    this.#open += 1;
    try {
      return await question();
    } finally {
      this.#open -= 1;
    }
  }
}

/** What has to be asked, or waited for, before the request takes its place; undefined where that is nothing. */
export function heldUp(
  services: RequestServices,
  connection: Connection,
  { question, channels }: Request,
  asked: Asked,
): Held | undefined {
  const ask = question?.(services, connection, asked);
  if (!ask && !connection.questions) return undefined;
  connection.questions ??= new Questions(connection);
  return connection.questions.hold(channels?.(asked.payload) ?? [], ask);
}
