/*
 * Publications that wait for their answer. Tide hands them in, and flushes whenever something may have become
 * possible. An id makes a repeat harmless, so a publication is sent until it is answered: an answer that was lost with
 * its connection must not lose the message.
 */

import { type Clock, Timer } from "./clock.ts";
import { failure, type TideError } from "./errors.ts";
import type { PublishReply } from "./protocol.ts";
import type { Session } from "./session.ts";
import { ownData } from "./transports/bytes.ts";

export interface PublishOptions {
  /** Publishing again with the same id is harmless, for 5 minutes; made up where absent. */
  id?: string;
  /** `false`: this client does not get its own message back. */
  echo?: boolean;
}

export interface Published {
  id: string;
  /** Absent on channels without history. */
  position?: string;
}

export interface OutboxLimits {
  /** Entries that may wait. */
  size: number;
  /** Milliseconds that an entry which was never sent may wait. */
  age: number;
  /** Largest publication, as UTF-8 bytes of its JSON. The gateway closes the connection on a larger message. */
  bytes: number;
}

export interface OutboxOptions {
  clock: Clock;
  limits: OutboxLimits;
  session(): Session | undefined;
  /** Whether the channel has to be subscribed to first, and is not yet. */
  mustWait(channel: string): boolean;
  /** The gateway did not answer. */
  silent(): void;
}

interface Entry {
  channel: string;
  data: unknown;
  id: string;
  echo: boolean;
  madeAt: number;
  /** When it was first sent. From then on nobody knows whether it was published, until it is answered. */
  sentAt: number | undefined;
  /** It has been sent and not answered, or it has to wait before it is sent again. */
  held: boolean;
  resolve(published: Published): void;
  reject(error: TideError): void;
}

/** The gateway remembers ids for 5 minutes; a repeat has to arrive well within. */
const doubtful = 240_000;
const answerPatience = 10_000;
const retryPause = 1_000;
const rememberedIds = 500;

/** Publications that wait to be stored. Each is sent until it is answered or too old; a channel's keep their order. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #expiry: Timer;
  #entries: Entry[] = [];
  /** Ids of publications without echo. Recovery brings these back all the same. */
  #silentIds: string[] = [];

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#expiry = new Timer(options.clock);
  }

  /** Resolves when the message is stored. @throws TideError, as a rejection */
  publish(
    channel: string,
    given: unknown,
    { id = newId(), echo = true }: PublishOptions,
  ): Promise<Published> {
    return new Promise((resolve, reject) => {
      const data = ownData(given);
      if (this.#entries.length >= this.#options.limits.size) {
        reject(failure("limit_exceeded", "Too many publications wait to be sent."));
        return;
      }
      if (sizeOf(data) > this.#options.limits.bytes) {
        reject(failure("too_large", "The message is larger than the gateway takes."));
        return;
      }
      if (!echo) this.#silentIds = this.#silentIds.concat(id).slice(-rememberedIds);
      const madeAt = this.#options.clock.now();
      this.#entries.push({
        channel,
        data,
        id,
        echo,
        madeAt,
        sentAt: undefined,
        held: false,
        resolve,
        reject,
      });
      this.flush();
    });
  }

  /** Whether the message is this client's own, published without echo. */
  isSilent(id: string | undefined): boolean {
    return id !== undefined && this.#silentIds.indexOf(id) >= 0;
  }

  /** Sends what may be sent: the first entry of each channel. */
  flush(): void {
    this.#expire();
    const session = this.#options.session();
    if (!session) return;
    const seen = new Set<string>();
    // A later entry of a channel waits for the first one, even while that is refused: the order is promised.
    for (const entry of this.#entries.slice()) {
      if (seen.has(entry.channel)) continue;
      seen.add(entry.channel);
      if (!entry.held && !this.#options.mustWait(entry.channel)) this.#send(session, entry);
    }
  }

  /** Rejects all that waits. */
  fail(error: TideError): void {
    const entries = this.#entries;
    this.#entries = [];
    this.#expiry.clear();
    for (const entry of entries) entry.reject(error);
  }

  #send(session: Session, entry: Entry): void {
    const { channel, data, id, echo } = entry;
    entry.held = true;
    // The first time counts: the gateway remembers the id from then on.
    entry.sentAt = entry.sentAt ?? this.#options.clock.now();
    const payload = echo ? { channel, data, id } : { channel, data, id, echo };
    session.request<PublishReply>("publish", payload, answerPatience).then(
      ({ position }) =>
        this.#settle(entry, () => entry.resolve(position === undefined ? { id } : { id, position })),
      (error: TideError) => this.#refused(session, entry, error),
    );
  }

  #settle(entry: Entry, report: () => void): void {
    const at = this.#entries.indexOf(entry);
    if (at < 0) return;
    this.#entries.splice(at, 1);
    report();
    this.flush();
  }

  #refused(session: Session, entry: Entry, error: TideError): void {
    const unanswered = error.code === "timeout";
    if (unanswered) this.#options.silent();
    else if (!error.retryable) {
      this.#settle(entry, () => entry.reject(error));
      return;
    }
    const again = () => {
      entry.held = false;
      this.flush();
    };
    // On the next connection it can be repeated at once.
    if (unanswered || this.#options.session() !== session) again();
    else this.#options.clock.setTimeout(again, error.after || retryPause);
  }

  /** What was never sent fails as `unavailable`; what was sent may have been published, so it fails as `timeout`. */
  #expire(): void {
    const { clock, limits } = this.#options;
    const now = clock.now();
    const deadline = ({ sentAt, madeAt }: Entry) =>
      sentAt === undefined ? madeAt + limits.age : sentAt + doubtful;
    const over = this.#entries.filter((entry) => deadline(entry) <= now);
    this.#entries = this.#entries.filter((entry) => deadline(entry) > now);
    for (const entry of over) {
      entry.reject(
        entry.sentAt === undefined
          ? failure("unavailable", "There was no connection in time; it was not sent.")
          : failure("timeout", "No answer came; it may or may not have been published."),
      );
    }
    const next = Math.min(...this.#entries.map(deadline));
    if (next < Number.POSITIVE_INFINITY) this.#expiry.set(next - now, () => this.flush());
  }
}

/** Bytes of the largest frame that the data goes in: its JSON, or one of its binary values. */
function sizeOf(data: unknown): number {
  let largest = 0;
  const text = JSON.stringify(data, (_key, value) => {
    if (!(value instanceof ArrayBuffer)) return value;
    largest = Math.max(largest, value.byteLength);
    return 0;
  });
  // Not all hosts have a TextEncoder, so each character becomes as many as it takes bytes.
  const wide = String(text).replace(/[\u0800-\ud7ff\ue000-\uffff]/g, "xxx");
  return Math.max(largest, wide.replace(/[\u0080-\u07ff\ud800-\udfff]/g, "xx").length);
}

/** Unguessable is not needed; unique among a channel's publishers for some minutes is. */
export function newId(): string {
  const random = () => Math.random().toString(36).slice(2, 12);
  return Date.now().toString(36) + random() + random();
}
