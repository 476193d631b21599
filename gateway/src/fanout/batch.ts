/*
 * The messages of one room in one turn, as bytes. The adapter fills it and asks it for each member's share. Each form
 * is encoded once for the whole room, which is what makes a large room cheap.
 */

import { formatPosition, type Position } from "../protocol/position.ts";
import { type Dialect, framesOf } from "./dialect.ts";

export interface RoomMessage {
  channel: string;
  packet: string | Uint8Array;
  attachments: readonly Uint8Array[];
  except: readonly string[];
  position?: Position;
}

/** A packet as the frames of the dialects that somebody is sent it in: each is written once, when it is asked for. */
export class FramedPacket {
  readonly #packet: string | Uint8Array;
  readonly #attachments: readonly Uint8Array[];
  readonly #frames: Record<Dialect, Buffer | undefined> = {
    socketio: undefined,
    json: undefined,
    text: undefined,
  };

  constructor(packet: string | Uint8Array, attachments: readonly Uint8Array[] = []) {
    this.#packet = packet;
    this.#attachments = attachments;
  }

  in(dialect: Dialect): Buffer {
    this.#frames[dialect] ??= framesOf(dialect, this.#packet, this.#attachments);
    return this.#frames[dialect];
  }
}

/** One message to a room. */
export interface BatchEntry {
  message: FramedPacket;
  /** Connections that are not sent it. */
  except: readonly string[];
  /** What those are sent instead. */
  notice: FramedPacket | undefined;
}

export function batchEntry(message: RoomMessage): BatchEntry {
  const { packet, attachments, except, position } = message;
  const notice = except.length > 0 && position ? positionNotice(message.channel, position) : undefined;
  return { message: new FramedPacket(packet, attachments), except, notice };
}

/** Tells a connection that was left out of a message where the channel stands now. */
function positionNotice(channel: string, position: Position): FramedPacket {
  const payload = JSON.stringify({ channel, position: formatPosition(position) });
  return new FramedPacket(`42["position",${payload}]`);
}

/** What a connection is sent of a batch: both may be none. */
export interface Share {
  frames: Buffer;
  messages: number;
}

/** A room's messages of one turn. */
export class Batch {
  readonly #entries: BatchEntry[] = [];
  readonly #exceptions = new Set<string>();
  /** What everybody is sent whom no entry leaves out, in the dialects that the room has members of. */
  readonly #whole: Record<Dialect, Share | undefined> = {
    socketio: undefined,
    json: undefined,
    text: undefined,
  };
  /** When the first message was published, in Unix milliseconds, where that is known. */
  readonly published: number | undefined;

  constructor(published?: number) {
    this.published = published;
  }

  /** Only before anybody is sent the batch. */
  add(entry: BatchEntry): void {
    this.#entries.push(entry);
    for (const connection of entry.except) this.#exceptions.add(connection);
  }

  get size(): number {
    return this.#entries.length;
  }

  /** For everybody whom no entry leaves out. */
  forAll(dialect: Dialect): Share {
    this.#whole[dialect] ??= { frames: this.#joined(dialect), messages: this.#entries.length };
    return this.#whole[dialect];
  }

  excludes(connection: string): boolean {
    return this.#exceptions.has(connection);
  }

  /** For a connection that an entry leaves out. */
  forOne(connection: string, dialect: Dialect): Share {
    const frames: Buffer[] = [];
    let messages = 0;
    for (const { message, except, notice } of this.#entries) {
      if (!except.includes(connection)) {
        frames.push(message.in(dialect));
        messages += 1;
      } else if (notice) frames.push(notice.in(dialect));
    }
    return { frames: Buffer.concat(frames), messages };
  }

  #joined(dialect: Dialect): Buffer {
    const [first] = this.#entries;
    if (first && this.#entries.length === 1) return first.message.in(dialect);
    return Buffer.concat(this.#entries.map(({ message }) => message.in(dialect)));
  }
}
