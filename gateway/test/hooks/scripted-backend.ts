import { Failure } from "../../src/errors.ts";
import {
  connectAnswer,
  failureOf,
  publishAnswer,
  readAnswer,
  requestAnswer,
  subscribeAnswer,
} from "../../src/hooks/answers.ts";
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
} from "../../src/hooks/ports.ts";
import { inlined } from "../../src/protocol/binary.ts";
import type { Asked } from "./contract.ts";

/** A backend in this process: what it decides is what a function says. It is for the channels that begin `order:`. */
export class ScriptedBackend implements Backend {
  decide: (asked: Asked) => unknown = () => ({});
  /** Everything that was asked, in order. */
  readonly asked: Asked[] = [];

  asks(): boolean {
    return true;
  }

  async connect(question: ConnectQuestion): Promise<ConnectAnswer> {
    const said = await this.#ask({ type: "connect", ...question });
    return { expiresAt: undefined, ...understood(readAnswer(connectAnswer, said)) };
  }

  async subscribe(
    asker: Asker,
    channels: readonly SubscribeQuestion[],
  ): Promise<(SubscribeAnswer | Failure)[]> {
    const mine = channels.filter(({ channel }) => channel.startsWith("order:"));
    const results = await this.#subscribe(asker, mine);
    return channels.map((item) => results[mine.indexOf(item)] ?? new Failure("forbidden"));
  }

  async publish(asker: Asker, { data, ...question }: PublishQuestion): Promise<PublishAnswer> {
    if (!question.channel.startsWith("order:")) throw new Failure("forbidden");
    const asked = { type: "publish", ...from(asker), ...question, data: inlined(data) };
    const answer = understood(readAnswer(publishAnswer, await this.#ask(asked)));
    if (answer.skip) return "skip";
    return answer.data === undefined ? "as it is" : { data: answer.data };
  }

  async request(asker: Asker, question: RequestQuestion): Promise<unknown> {
    const said = await this.#ask({ type: "request", ...from(asker), ...question });
    return understood(readAnswer(requestAnswer, said)).data;
  }

  async #subscribe(
    asker: Asker,
    subscribe: readonly SubscribeQuestion[],
  ): Promise<(SubscribeAnswer | Failure)[]> {
    try {
      const said = await this.#ask({ type: "subscribe", ...from(asker), subscribe });
      const { results } = understood(readAnswer(subscribeAnswer, said));
      return results.map((result) => (result.error ? failureOf(result.error) : result));
    } catch (thrown) {
      return subscribe.map(() => Failure.of(thrown));
    }
  }

  /** Over JSON, as it would be on its way. */
  async #ask(asked: Asked): Promise<string> {
    const sent: Asked = JSON.parse(JSON.stringify(asked));
    this.asked.push(sent);
    return JSON.stringify(await this.decide(sent));
  }
}

function from({ id: connection, user, info }: Asker) {
  return { connection, user, info };
}

function understood<T>(answer: T | Failure | undefined): T {
  if (answer === undefined) throw new Failure("unavailable");
  if (answer instanceof Failure) throw answer;
  return answer;
}
