import type { Channel, Message } from "../../src/index.ts";

/** What a page saw: a message, or that it goes on from a position without what lies before. */
export type Entry = { position: string; id: string | undefined } | { from: string; reset: boolean };

interface Place {
  epoch: string;
  offset: number;
}

/** What a page saw of a channel, in order. */
export class PageLog {
  readonly entries: Entry[] = [];
  readonly #room: Channel;

  constructor(room: Channel) {
    this.#room = room;
    room.on("message", ({ position = "", id }: Message) => this.entries.push({ position, id }));
    room.on("reset", () => this.#goesOn(true));
  }

  get ids(): string[] {
    return this.entries.flatMap((entry) => ("from" in entry ? [] : [entry.id ?? ""]));
  }

  get resets(): number {
    return this.entries.filter((entry) => "from" in entry && entry.reset).length;
  }

  /** The page has subscribed: from where the channel stands now nothing may be missing. */
  begin(): void {
    this.#goesOn(false);
  }

  /** Where a message does not follow the one before it, or the place from which the page was told to go on. */
  holes(): string[] {
    const holes: string[] = [];
    let last: Place | undefined;
    for (const entry of this.entries) {
      if ("from" in entry) {
        last = placeOf(entry.from);
        continue;
      }
      const next = placeOf(entry.position);
      if (!last || next.epoch !== last.epoch || next.offset !== last.offset + 1) {
        holes.push(`${last ? `${last.epoch}:${last.offset}` : "nothing"} is followed by ${entry.position}`);
      }
      last = next;
    }
    return holes;
  }

  #goesOn(reset: boolean): void {
    this.entries.push({ from: this.#room.position ?? "", reset });
  }
}

function placeOf(position: string): Place {
  const [epoch = "", offset = ""] = position.split(":");
  return { epoch, offset: Number(offset) };
}
