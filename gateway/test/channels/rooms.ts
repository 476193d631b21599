import type { Delivery } from "../../src/backplane/ports.ts";
import type { Rooms } from "../../src/channels/feeds.ts";

/** For a feed of which nobody looks at what it sends. */
export const noRooms = { deliver() {} };

type Watcher = Parameters<Rooms["watch"]>[0];

export interface Sent {
  event: string;
  payload: Record<string, unknown>;
}

/** Rooms that write down at once what each connection would be sent. */
export class RecordingRooms implements Rooms {
  /** With `conflate` as the room was told it, by delivery. */
  readonly deliveries: { delivery: Delivery; conflate: number | undefined }[] = [];
  readonly #members = new Map<string, Set<string>>();
  readonly #watchers: Watcher[] = [];
  readonly #sent = new Map<string, Sent[]>();

  deliver(delivery: Delivery, conflate?: number): void {
    this.deliveries.push({ delivery, conflate });
    for (const connection of this.membersOf(delivery.channel)) {
      if (!delivery.except.includes(connection)) this.sentTo(connection).push(eventOf(delivery));
    }
  }

  join(connection: string, channel: string): void {
    const empty = this.membersOf(channel).size === 0;
    this.#members.set(channel, this.membersOf(channel).add(connection));
    if (empty) for (const watcher of this.#watchers) watcher.opened(channel);
  }

  leave(connection: string, channel: string): void {
    if (!this.membersOf(channel).delete(connection)) return;
    if (this.membersOf(channel).size > 0) return;
    for (const watcher of this.#watchers) watcher.closed(channel);
  }

  watch(watcher: Watcher): void {
    this.#watchers.push(watcher);
  }

  membersOf(channel: string): Set<string> {
    return this.#members.get(channel) ?? new Set();
  }

  /** What the connection was sent up to now; it grows. */
  sentTo(connection: string): Sent[] {
    const sent = this.#sent.get(connection) ?? [];
    this.#sent.set(connection, sent);
    return sent;
  }
}

function eventOf({ packet }: Delivery): Sent {
  const text = Buffer.from(packet).toString();
  const [event, payload] = JSON.parse(text.slice(text.indexOf("[")));
  return { event, payload };
}
