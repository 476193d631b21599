/*
 * Counts what each phone was sent of what was stored. Offsets of a channel are consecutive, so a phone that is at one
 * offset and did not get those before it has lost them, unless it was told so. The client is not asked: it is what is on
 * trial.
 */

export interface Counts {
  published: number;
  received: number;
  /** Missed, and the phone was told to load anew. */
  toldReset: number;
  /** Stored, and not yet due: the phone is away, or it is on its way. */
  waiting: number;
  twice: number;
  lost: number;
}

export const noCounts: Counts = {
  published: 0,
  received: 0,
  toldReset: 0,
  waiting: 0,
  twice: 0,
  lost: 0,
};

/** Where a phone stands in one channel. */
interface Track extends Omit<Counts, "waiting" | "published"> {
  epoch: string;
  /** The offset after which it began in this epoch. */
  base: number;
  /** The highest offset that it was sent, or told about. */
  high: number;
  /** Published in epochs before this one. */
  before: number;
}

export class Ledger {
  /** By channel and epoch, the highest offset that is known to be stored. */
  readonly #tops = new Map<string, Map<string, number>>();
  /** By phone and channel. */
  readonly #tracks = new Map<string, Map<string, Track>>();

  /** A publication was acknowledged, or has come to some phone. */
  stored(channel: string, position: string): void {
    const { epoch, offset } = parse(position);
    const tops = this.#tops.get(channel) ?? new Map<string, number>();
    this.#tops.set(channel, tops);
    tops.set(epoch, Math.max(offset, tops.get(epoch) ?? 0));
  }

  /** A phone gets what comes after the position. */
  begin(phone: string, channel: string, position: string): void {
    const { epoch, offset } = parse(position);
    const tracks = this.#tracks.get(phone) ?? new Map<string, Track>();
    this.#tracks.set(phone, tracks);
    tracks.set(channel, {
      ...{ epoch, base: offset, high: offset, before: 0 },
      ...{ received: 0, toldReset: 0, twice: 0, lost: 0 },
    });
    this.stored(channel, position);
  }

  end(phone: string): void {
    this.#tracks.delete(phone);
  }

  received(phone: string, channel: string, position: string): void {
    this.stored(channel, position);
    const track = this.#tracks.get(phone)?.get(channel);
    if (!track) return;
    const { epoch, offset } = parse(position);
    // Another epoch without a word is a loss of all that was left of the one before.
    if (epoch !== track.epoch) track.lost += this.#turn(channel, track, epoch, 0);
    if (offset <= track.high) {
      track.twice += 1;
      return;
    }
    track.lost += offset - track.high - 1;
    track.received += 1;
    track.high = offset;
  }

  /** The phone was told that it goes on after the position, and that what was before cannot be had. */
  toldReset(phone: string, channel: string, position: string): void {
    this.stored(channel, position);
    const track = this.#tracks.get(phone)?.get(channel);
    if (!track) return;
    const { epoch, offset } = parse(position);
    if (epoch !== track.epoch) track.toldReset += this.#turn(channel, track, epoch, offset);
    else if (offset > track.high) {
      track.toldReset += offset - track.high;
      track.high = offset;
    }
  }

  /** Of all channels of a phone. */
  counts(phone: string): Counts {
    const sum = { ...noCounts };
    for (const [channel, track] of this.#tracks.get(phone) ?? []) {
      const { epoch, base, before, received, toldReset, twice, lost } = track;
      const published = before + this.#top(channel, epoch) - base;
      sum.published += published;
      sum.received += received;
      sum.toldReset += toldReset;
      sum.twice += twice;
      sum.lost += lost;
      sum.waiting += published - received - toldReset - lost;
    }
    return sum;
  }

  /** @returns how many the phone has missed, in the epoch that it leaves and up to the offset in the new one */
  #turn(channel: string, track: Track, epoch: string, offset: number): number {
    const top = this.#top(channel, track.epoch);
    const missed = top - track.high + offset;
    track.before += top - track.base;
    Object.assign(track, { epoch, base: 0, high: offset });
    return missed;
  }

  #top(channel: string, epoch: string): number {
    return this.#tops.get(channel)?.get(epoch) ?? 0;
  }
}

function parse(position: string): { epoch: string; offset: number } {
  const at = position.lastIndexOf(":");
  return { epoch: position.slice(0, at), offset: Number(position.slice(at + 1)) };
}
