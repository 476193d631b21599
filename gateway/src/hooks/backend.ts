/*
 * Asks the hooks of the operator's file. The first one that fits is asked, and nobody else: two that decide could
 * contradict each other.
 */

import { compilePattern, type Matcher } from "../auth/patterns.ts";
import type { AskingHook } from "../config/hooks.ts";
import { Failure } from "../errors.ts";
import type { QuestionKind } from "../meter.ts";
import { inlined } from "../protocol/binary.ts";
import {
  connectAnswer,
  failureOf,
  isAhead,
  isWhole,
  publishAnswer,
  requestAnswer,
  subscribeAnswer,
} from "./answers.ts";
import { AskedHook, type AskedHookOptions } from "./asked-hook.ts";
import type {
  Asker,
  Backend,
  ConnectAnswer,
  ConnectQuestion,
  PublishAnswer,
  PublishQuestion,
  RequestQuestion,
  SubscribeAnswer,
  SubscribeQuestion,
} from "./ports.ts";

interface Entry {
  ask: readonly QuestionKind[];
  matches: Matcher;
  hook: AskedHook;
}

/** The backends that the file names. */
export class HookBackend implements Backend {
  readonly #entries: readonly Entry[];
  readonly #now: () => number;

  constructor(hooks: readonly AskingHook[], options: AskedHookOptions) {
    this.#now = options.now;
    this.#entries = hooks.map((hook) => ({
      ask: hook.ask,
      matches: compilePattern(hook.channels),
      hook: new AskedHook(hook, options),
    }));
  }

  asks(kind: "connect" | "request"): boolean {
    return this.#entries.some(({ ask }) => ask.includes(kind));
  }

  async connect(question: ConnectQuestion): Promise<ConnectAnswer> {
    const fits = (answer: { expiresAt?: number | undefined }) => isAhead(answer, this.#now());
    const { expiresAt, ...answer } = await this.#hookFor("connect").ask(
      "connect",
      question,
      connectAnswer,
      fits,
    );
    return { ...answer, expiresAt };
  }

  async subscribe(
    asker: Asker,
    channels: readonly SubscribeQuestion[],
  ): Promise<(SubscribeAnswer | Failure)[]> {
    const byHook = new Map<AskedHook, number[]>();
    for (const [index, { channel }] of channels.entries()) {
      const hook = this.#find("subscribe", channel);
      if (hook) byHook.set(hook, [...(byHook.get(hook) ?? []), index]);
    }
    const answers: (SubscribeAnswer | Failure | undefined)[] = channels.map(() => undefined);
    const asking = [...byHook].map(async ([hook, indexes]) => {
      const asked = indexes.flatMap((index) => channels[index] ?? []).map(written);
      const results = await this.#subscribeAt(hook, asker, asked);
      for (const [place, result] of results.entries()) answers[indexes[place] ?? -1] = result;
    });
    await Promise.all(asking);
    // A rule leaves a channel to a hook, and none is for it.
    return answers.map((answer) => answer ?? new Failure("forbidden"));
  }

  async publish(asker: Asker, { channel, data, messageId }: PublishQuestion): Promise<PublishAnswer> {
    const question = { ...askerOf(asker), channel, data: inlined(data), messageId };
    const answer = await this.#hookFor("publish", channel).ask("publish", question, publishAnswer);
    if (answer.skip) return "skip";
    return answer.data !== undefined ? { data: answer.data } : "as it is";
  }

  async request(asker: Asker, { event, data }: RequestQuestion): Promise<unknown> {
    const question = { ...askerOf(asker), event, data: inlined(data) };
    const { data: answer } = await this.#hookFor("request").ask("request", question, requestAnswer);
    return answer;
  }

  close(): void {
    for (const { hook } of this.#entries) hook.close();
  }

  /** What fails for the whole call fails for each of its channels. */
  async #subscribeAt(
    hook: AskedHook,
    asker: Asker,
    subscribe: readonly SubscribeQuestion[],
  ): Promise<(SubscribeAnswer | Failure)[]> {
    try {
      const question = { ...askerOf(asker), subscribe };
      const { results } = await hook.ask("subscribe", question, subscribeAnswer, (answer) =>
        isWhole(answer, subscribe.length, this.#now()),
      );
      return results.map((result) => (result.error ? failureOf(result.error) : result));
    } catch (thrown) {
      const failure = Failure.of(thrown);
      return subscribe.map(() => failure);
    }
  }

  /** @throws Failure `forbidden` where a rule leaves something to a hook, and none is for the channel */
  #hookFor(kind: QuestionKind, channel = ""): AskedHook {
    const hook = this.#find(kind, channel);
    if (!hook)
      throw new Failure("forbidden", undefined, { cause: `no hook is asked ${kind} of this channel` });
    return hook;
  }

  #find(kind: QuestionKind, channel: string): AskedHook | undefined {
    const isOfChannel = kind === "subscribe" || kind === "publish";
    return this.#entries.find(({ ask, matches }) => ask.includes(kind) && (!isOfChannel || matches(channel)))
      ?.hook;
  }
}

function written({ channel, data }: SubscribeQuestion): SubscribeQuestion {
  return data === undefined ? { channel } : { channel, data: inlined(data) };
}

function askerOf({ id: connection, user, info }: Asker) {
  return { connection, user, info };
}
