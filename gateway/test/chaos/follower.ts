import type { Message, SubscribeReply } from "../../src/protocol/events.ts";
import { type Position, parsePosition } from "../../src/protocol/position.ts";
import type { Entry } from "./journal.ts";

/** One channel as a client keeps it: where it stands, and whether it has to ask again. */
export class Follower {
  readonly channel: string;
  readonly entries: Entry[] = [];
  readonly #isValue: boolean;
  /** What it is given counts; otherwise a reply is on its way that will hold it. */
  live = false;
  last: Position | undefined;

  constructor(channel: string, isValue: boolean) {
    this.channel = channel;
    this.#isValue = isValue;
  }

  /** @returns whether it has to subscribe again, from its last position */
  receive(text: string | undefined, id: string | undefined): boolean {
    const position = positionOf(text);
    if (!this.live) return false;
    this.entries.push({ kind: "message", position, id });
    if (!this.#isValue && !follows(position, this.last)) {
      this.live = false;
      return true;
    }
    this.last = position;
    return false;
  }

  /** @returns whether it has to subscribe again, for what the reply had no room for */
  settle(reply: SubscribeReply): boolean {
    for (const message of reply.messages) this.#recover(message);
    if (reply.more) return true;
    const position = positionOf(reply.position);
    this.entries.push({ kind: kindOf(reply, this.last), position });
    this.last = position;
    this.live = true;
    return false;
  }

  gap(): void {
    this.live = false;
    this.entries.push({ kind: "gap" });
  }

  end(): void {
    this.live = false;
    this.last = undefined;
    this.entries.push({ kind: "end" });
  }

  #recover({ position: text, id }: Message): void {
    const position = positionOf(text);
    // A value that comes with its first reply has no start before it.
    if (!this.last) this.entries.push({ kind: "start", position });
    this.entries.push({ kind: "message", position, id });
    this.last = position;
  }
}

function kindOf({ recovered }: SubscribeReply, last: Position | undefined): "start" | "stands" | "told" {
  if (recovered === false) return "told";
  return last && recovered ? "stands" : "start";
}

function follows(position: Position, last: Position | undefined): boolean {
  return last?.epoch === position.epoch && position.offset === last.offset + 1;
}

/** Every message and reply of these channels has one; without it nothing can be checked. */
export function positionOf(text: string | undefined): Position {
  const position = parsePosition(text ?? "");
  if (!position) throw new TypeError(`There is no position in ${JSON.stringify(text)}.`);
  return position;
}
