import { formatPosition, type Position } from "../../src/protocol/position.ts";
import type { Acknowledged, Entry, Log } from "./journal.ts";

/**
 * What a scenario may bring about on a channel: `nothing` is lost and nothing may be told; a `loss` has to be
 * told, and only a loss may; an `alarm` may be told although nothing was lost, as after a Redis failover.
 */
export type Tolerance = "nothing" | "loss" | "alarm";

export interface Evidence {
  logs: readonly Log[];
  acknowledged: readonly Acknowledged[];
  /** Where each channel stands in the store at the end, by channel. */
  tops: ReadonlyMap<string, Position>;
  tolerance(channel: string): Tolerance;
  /** How many messages the channel keeps. */
  size(channel: string): number;
  /** Whether the channel is a value, of which only the newest counts. */
  isValue(channel: string): boolean;
}

export type FaultKind =
  /** An offset was left out, and nothing said so. */
  | "hole"
  | "duplicate"
  | "reorder"
  /** A position has two messages, or a message two positions. */
  | "mixed"
  /** At the end a client stands below its channel, or an acknowledged message is nowhere. */
  | "silent loss"
  /** A loss was told where nothing was lost. */
  | "false alarm";

export interface Fault {
  kind: FaultKind;
  client?: string;
  channel: string;
  detail: string;
}

/** Compares what clients were given with what was acknowledged and with where the store stands. */
export function judge(evidence: Evidence): Fault[] {
  const identities = new Identities();
  for (const { channel, id, position } of evidence.acknowledged) identities.note(channel, position, id);
  const faults = evidence.logs.flatMap((log) => new Reading(log, evidence, identities).faults());
  return [...identities.faults, ...faults, ...unstored(evidence)];
}

/** Acknowledged messages above the top of the very epoch in which they were acknowledged. */
function unstored({ acknowledged, tops }: Evidence): Fault[] {
  return acknowledged.flatMap(({ channel, id, position }): Fault[] => {
    const top = tops.get(channel);
    if (top?.epoch !== position.epoch || position.offset <= top.offset) return [];
    const detail = `${id} was acknowledged at ${formatPosition(position)}, and the top is ${formatPosition(top)}`;
    return [{ kind: "silent loss", channel, detail }];
  });
}

/** Which message has which position, whoever said so. */
class Identities {
  readonly faults: Fault[] = [];
  readonly #idAt = new Map<string, string>();
  readonly #offsetOf = new Map<string, number>();

  note(channel: string, { epoch, offset }: Position, id: string): void {
    const place = `${channel} ${epoch}:${offset}`;
    const known = this.#idAt.get(place) ?? id;
    this.#idAt.set(place, known);
    if (known !== id) this.#blame(channel, `${epoch}:${offset} is ${known} and ${id}`);
    const message = `${channel} ${epoch} ${id}`;
    const before = this.#offsetOf.get(message) ?? offset;
    this.#offsetOf.set(message, before);
    if (before !== offset) this.#blame(channel, `${id} is at ${before} and ${offset} of ${epoch}`);
  }

  #blame(channel: string, detail: string): void {
    this.faults.push({ kind: "mixed", channel, detail });
  }
}

/** One client's log of one channel, read from its beginning. */
class Reading {
  readonly #log: Log;
  readonly #evidence: Evidence;
  readonly #identities: Identities;
  readonly #faults: Fault[] = [];
  #last: Position | undefined;
  /** What says that something is missing, until a reply says whether it is so. */
  #suspicion: string | undefined;
  /** A value that is older than the one before, until what comes next says whether that was lost. */
  #older: string | undefined;

  constructor(log: Log, evidence: Evidence, identities: Identities) {
    this.#log = log;
    this.#evidence = evidence;
    this.#identities = identities;
  }

  faults(): Fault[] {
    for (const entry of this.#log.entries) this.#read(entry);
    this.#close();
    return this.#faults;
  }

  #read(entry: Entry): void {
    if (entry.kind !== "stands") this.#blameOlder();
    switch (entry.kind) {
      case "start":
        this.#last = entry.position;
        return;
      case "message":
        if (entry.id !== undefined) this.#identities.note(this.#log.channel, entry.position, entry.id);
        this.#follow(entry.position);
        return;
      case "stands":
        this.#stand(entry.position);
        return;
      case "told":
        this.#beTold(entry.position);
        return;
      case "gap":
        this.#suspicion = "gap";
        return;
      case "end":
        this.#last = undefined;
        this.#suspicion = undefined;
        return;
    }
  }

  #follow(position: Position): void {
    const last = this.#last;
    if (!last) {
      this.#blame("mixed", `${formatPosition(position)} came before the subscription`);
    } else if (this.#isValue) {
      this.#replace(last, position);
    } else if (position.epoch !== last.epoch) {
      // The client takes nothing of it, and asks; the reply has to be `recovered: false`.
      this.#suspicion = `the new epoch of ${formatPosition(position)} after ${formatPosition(last)}`;
    } else if (position.offset === last.offset + 1) {
      this.#last = position;
    } else if (position.offset > last.offset && this.#tolerance === "alarm") {
      // Who came between a loss and its discovery sees it so; the client asks, and a reply has to account for it.
      this.#suspicion = `${formatPosition(position)} after ${formatPosition(last)}`;
    } else {
      this.#blame(misorder(position, last), `${formatPosition(position)} after ${formatPosition(last)}`);
    }
  }

  /** Of a value each reply gives the newest again, and what newer ones took the place of is left out. */
  #replace(last: Position, position: Position): void {
    if (position.epoch === last.epoch && position.offset < last.offset) {
      this.#older = `${formatPosition(position)} after ${formatPosition(last)}`;
    }
    this.#last = position;
  }

  /**
   * A reply gives the newest value that there is. Where the store has lost newer ones that may be older than what
   * the client had; then the reply stands in another epoch.
   */
  #excuseOlder(position: Position): void {
    if (this.#tolerance === "nothing" || position.epoch === this.#last?.epoch) this.#blameOlder();
    this.#older = undefined;
  }

  #blameOlder(): void {
    if (this.#older) this.#blame("reorder", this.#older);
    this.#older = undefined;
  }

  #stand(position: Position): void {
    this.#excuseOlder(position);
    const last = this.#last;
    if (last && !isSame(last, position) && !this.#isValue) {
      const stands = `it was told to stand at ${formatPosition(position)}`;
      this.#blame("silent loss", `${stands} having been given up to ${formatPosition(last)}`);
    }
    if (this.#suspicion && this.#tolerance !== "alarm" && !this.#isValue) {
      this.#blame("false alarm", `${this.#suspicion}, and then it recovered`);
    }
    this.#suspicion = undefined;
    this.#last = position;
  }

  #beTold(position: Position): void {
    const last = this.#last;
    if (last && !this.#mayBeTold(last, position)) {
      this.#blame("false alarm", `told at ${formatPosition(last)} to go on at ${formatPosition(position)}`);
    }
    this.#suspicion = undefined;
    this.#last = position;
  }

  #mayBeTold(last: Position, position: Position): boolean {
    if (this.#tolerance === "alarm") return true;
    if (last.epoch !== position.epoch) return this.#tolerance === "loss";
    return position.offset - last.offset > this.#evidence.size(this.#log.channel);
  }

  /** Whoever is still there at the end stands where the store does. */
  #close(): void {
    this.#blameOlder();
    const top = this.#evidence.tops.get(this.#log.channel);
    const last = this.#last;
    if (!last || !top) return;
    if (isSame(last, top) && !this.#suspicion) return;
    const doubt = this.#suspicion ? `, in doubt since ${this.#suspicion}` : "";
    this.#blame("silent loss", `it ends at ${formatPosition(last)} of ${formatPosition(top)}${doubt}`);
  }

  get #isValue(): boolean {
    return this.#evidence.isValue(this.#log.channel);
  }

  get #tolerance(): Tolerance {
    return this.#evidence.tolerance(this.#log.channel);
  }

  #blame(kind: FaultKind, detail: string): void {
    this.#faults.push({ kind, client: this.#log.client, channel: this.#log.channel, detail });
  }
}

function misorder(position: Position, last: Position): FaultKind {
  if (position.offset > last.offset) return "hole";
  return position.offset === last.offset ? "duplicate" : "reorder";
}

function isSame(one: Position, other: Position): boolean {
  return one.epoch === other.epoch && one.offset === other.offset;
}
