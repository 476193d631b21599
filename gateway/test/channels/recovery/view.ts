import assert from "node:assert/strict";
import type { Message, SubscribeReply } from "../../../src/protocol/events.ts";
import { formatPosition, type Position, parsePosition } from "../../../src/protocol/position.ts";

/**
 * What one client makes of one channel by PROTOCOL, section 4. It throws at the first thing that the section
 * does not allow.
 */
export class View {
  readonly latest: boolean;
  /** Every message that was seen, in the order of arrival. */
  readonly log: Message[] = [];
  position: Position | undefined;
  live = false;
  /** How often a recovery was refused. */
  refused = 0;

  constructor(latest: boolean) {
    this.latest = latest;
  }

  /** @returns what to subscribe with next where the reply does not reach the top */
  reply(reply: SubscribeReply, since: string | undefined): string | undefined {
    if (this.latest) this.#replyOfValue(reply);
    else this.#replyOfLog(reply, since);
    this.live = reply.more !== true;
    return this.live ? undefined : (reply.messages.at(-1)?.position ?? since ?? "start");
  }

  /** A live message, or the notice that stands in its place. */
  take({ position: text = "" }: { position?: string | undefined }, message?: Message): void {
    assert(this.live, `${text} came to somebody who is not subscribed`);
    const position = parsePosition(text);
    assert(position, "a message of a channel with history has a position");
    if (this.latest) this.#rise(position);
    else this.#follow(position);
    if (message) this.log.push(message);
  }

  #replyOfLog(reply: SubscribeReply, since: string | undefined): void {
    assert.equal(reply.recovered === undefined, since === undefined);
    if (reply.recovered !== true) assert.deepEqual(reply.messages, []);
    if (reply.recovered === false) this.refused += 1;
    this.position = this.#startOf(reply, since);
    for (const message of reply.messages) {
      this.#follow(positionOf(message));
      this.log.push(message);
    }
    if (reply.more !== true) assert.equal(this.position && formatPosition(this.position), reply.position);
  }

  #startOf({ recovered, messages, position }: SubscribeReply, since: string | undefined) {
    if (recovered !== true) return parsePosition(position ?? "");
    if (since !== "start") return parsePosition(since ?? "");
    const [first] = messages;
    if (!first) return parsePosition(position ?? "");
    const { epoch, offset } = positionOf(first);
    return { epoch, offset: offset - 1 };
  }

  #replyOfValue({ recovered, messages, more, position }: SubscribeReply): void {
    assert.equal(recovered, true);
    assert(messages.length <= 1);
    if (more) return;
    this.position = parsePosition(position ?? "");
    const [message] = messages;
    // An older one would leave the reader with a value that nobody tells it is stale.
    if (message) this.#rise(positionOf(message));
    this.log.push(...messages);
  }

  #follow(position: Position): void {
    const { epoch, offset } = this.position ?? { epoch: "", offset: 0 };
    assert.deepEqual(position, { epoch, offset: offset + 1 });
    this.position = position;
  }

  /** A value that comes twice does no harm; one that goes back does. */
  #rise(position: Position): void {
    const { epoch, offset } = this.position ?? { epoch: "", offset: 0 };
    assert(position.epoch !== epoch || position.offset >= offset, "a value went back");
    this.position = position;
  }
}

function positionOf({ position = "" }: Message): Position {
  const parsed = parsePosition(position);
  assert(parsed, "a stored message has a position");
  return parsed;
}
