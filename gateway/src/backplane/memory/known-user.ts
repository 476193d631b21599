/*
 * One user of the gateway, in memory: its connections, and what hooks have been told of it. MemoryUsers makes it at the
 * first connection and drops it once the hooks know that it has gone.
 */

import type { TidingKind } from "../../config/hooks.ts";
import type { Departure, OnlineUser, Visitor } from "../tidings.ts";

/** Messages that are told as unseen once the user is told to have gone. */
const mostMissed = 200;

interface Visit {
  visitor: Visitor;
  /** Unix milliseconds; absent while it is online. */
  awaySince?: number | undefined;
}

type State = "online" | "away" | "gone";

/** Tells hooks something of the user. */
type Tell = (kind: TidingKind, members: object) => void;

/** A user with a connection, or one that had some a moment ago. */
export class KnownUser {
  readonly #settle: number;
  readonly #visits = new Map<string, Visit>();
  /** The last one, while another may come in its place. */
  #ended: (Visit & { at: number }) | undefined;
  #told: State = "gone";
  /** Unix milliseconds since which nobody sees anything. */
  #mark: number | undefined;
  #heard = 0;
  #missed: object[] = [];

  /** @param settle milliseconds */
  constructor(settle: number) {
    this.#settle = settle;
  }

  get size(): number {
    return this.#visits.size;
  }

  get state(): State {
    const present = this.#ended ? [this.#ended] : [...this.#visits.values()];
    if (present.length === 0) return "gone";
    return present.every(({ awaySince }) => awaySince !== undefined) ? "away" : "online";
  }

  /** Unix milliseconds when there is something to do; absent where nothing is left. */
  get dueAt(): number | undefined {
    if (this.#ended) return this.#ended.at + this.#settle;
    return this.#told === "online" && this.#mark !== undefined ? this.#mark + this.#settle : undefined;
  }

  get described(): Omit<OnlineUser, "user"> {
    const { state, size: connections } = this;
    const sinces = [...this.#visits.values(), ...(this.#ended ? [this.#ended] : [])].map(
      ({ awaySince }) => awaySince ?? 0,
    );
    if (state !== "away") return { state: "online", connections };
    return { state, since: Math.max(...sinces), connections };
  }

  has(connection: string): boolean {
    return this.#visits.has(connection);
  }

  /** The oldest first. */
  oldest(): Visitor[] {
    return [...this.#visits.values()].map(({ visitor }) => visitor).sort((a, b) => a.since - b.since);
  }

  enter(visitor: Visitor): void {
    this.#ended = undefined;
    this.#visits.set(visitor.connection, { visitor });
  }

  leave({ connection }: Visitor, { heard }: Departure, now: number): void {
    const visit = this.#visits.get(connection);
    this.#visits.delete(connection);
    this.#heard = Math.max(this.#heard, heard);
    if (visit && this.size === 0) this.#ended = { ...visit, at: now };
  }

  setAway({ connection }: Visitor, since: number | undefined): void {
    const visit = this.#visits.get(connection);
    if (!visit) return;
    visit.awaySince = since === undefined ? undefined : (visit.awaySince ?? since);
    this.#heard = Math.max(this.#heard, since ?? 0);
  }

  /** A message was published to the user. */
  miss(message: object, tell: Tell): void {
    if (this.#told !== "online")
      tell("unseen", { state: this.#told === "away" ? "away" : "offline", message });
    else if (this.#mark !== undefined && this.#missed.length < mostMissed) this.#missed.push(message);
  }

  /** Tells what has changed since it was told last, as far as that is due. */
  tell(now: number, tell: Tell): void {
    let ended = now;
    if (this.#ended && now >= this.#ended.at + this.#settle) {
      ended = this.#ended.at;
      this.#ended = undefined;
    }
    const { state } = this;
    const isSeen = !this.#ended && state === "online";
    const mark = this.#mark ?? now;
    this.#mark = isSeen ? undefined : mark;
    if (this.#told === "gone" && state !== "gone") {
      tell("online", { since: now });
      this.#told = "online";
    }
    if (state === this.#told) {
      if (isSeen) this.#missed = [];
      return;
    }
    if (state === "online") tell("back", { since: now });
    else if (state === "away" && now < mark + this.#settle) return;
    else this.#tellGone(state, state === "away" ? (this.described.since ?? now) : ended, tell);
    this.#told = state;
  }

  #tellGone(state: "away" | "gone", since: number, tell: Tell): void {
    const is = state === "away" ? "away" : "offline";
    tell(is, { since, heard: this.#heard });
    for (const message of this.#missed) tell("unseen", { state: is, message });
    this.#missed = [];
  }
}
