import { formatPosition, type Position } from "../protocol/position.ts";
import { packetFrames, textFrame } from "./frame.ts";

/** One message to a room, as the frames that its members are sent. */
export interface BatchEntry {
  frames: Buffer;
  /** Connections that are not sent it. */
  except: readonly string[];
  /** What those are sent instead. */
  notice: Buffer | undefined;
}

export interface RoomMessage {
  channel: string;
  packet: string | Uint8Array;
  attachments: readonly Uint8Array[];
  except: readonly string[];
  position?: Position;
}

export function batchEntry(message: RoomMessage): BatchEntry {
  const { packet, attachments, except, position } = message;
  const notice = except.length > 0 && position ? positionNotice(message.channel, position) : undefined;
  return { frames: packetFrames(packet, attachments), except, notice };
}

/** Tells a connection that was left out of a message where the channel stands now. */
function positionNotice(channel: string, position: Position): Buffer {
  return textFrame(`42["position",${JSON.stringify({ channel, position: formatPosition(position) })}]`);
}

/** A room's messages of one turn. */
export class Batch {
  readonly #entries: BatchEntry[] = [];
  readonly #exceptions = new Set<string>();
  /** When the first message was published, in Unix milliseconds, where that is known. */
  readonly published: number | undefined;

  constructor(published?: number) {
    this.published = published;
  }

  add(entry: BatchEntry): void {
    this.#entries.push(entry);
    for (const connection of entry.except) this.#exceptions.add(connection);
  }

  get size(): number {
    return this.#entries.length;
  }

  /** What everybody is sent whom no entry leaves out. */
  forAll(): Buffer {
    const [first] = this.#entries;
    if (first && this.#entries.length === 1) return first.frames;
    return Buffer.concat(this.#entries.map((entry) => entry.frames));
  }

  excludes(connection: string): boolean {
    return this.#exceptions.has(connection);
  }

  /** What a connection is sent that an entry leaves out, and how many messages are in it; both may be none. */
  forOne(connection: string): { frames: Buffer; messages: number } {
    const frames: Buffer[] = [];
    let messages = 0;
    for (const { frames: whole, except, notice } of this.#entries) {
      if (!except.includes(connection)) {
        frames.push(whole);
        messages += 1;
      } else if (notice) frames.push(notice);
    }
    return { frames: Buffer.concat(frames), messages };
  }
}
