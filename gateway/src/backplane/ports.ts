/**
 * What the gateway needs from the place where its nodes meet. `memory/` implements it for one node,
 * `redis/` for many, and each implementation passes the same contract suite.
 *
 * Every method that returns a promise may reject with a Failure `unavailable` and then has stored nothing
 * that it acknowledged.
 */

import type { RedisRole } from "../meter.ts";
import type { PresenceChange, PresenceEvent, PresencePage } from "../protocol/events.ts";
import type { Position } from "../protocol/position.ts";
import type { ConnectionInfo, NodeInfo } from "./info-schemas.ts";
import type { Peers } from "./peers.ts";
import type { Asked, Questions, ReportKind, Reports } from "./reports.ts";
import type { TidingStreams, Users } from "./tidings.ts";

export type { PresencePage } from "../protocol/events.ts";
export type { ConnectionInfo, NodeInfo } from "./info-schemas.ts";

/** How much of a channel's past is kept: the newest `size` messages, none older than `ttl` milliseconds. */
export interface Retention {
  size: number;
  ttl: number;
}

/** Milliseconds for which a second draft of the same key on the same channel publishes nothing. PROTOCOL promises it. */
export const idempotencyLifetime = 5 * 60_000;

/** A publication on its way in. The broker gives it its position. */
export interface Draft {
  channel: string;
  /** The packet up to the place for the position; see `encodeHead`. */
  head: string;
  attachments: readonly Uint8Array[];
  /** Connections that get `position` instead of the message. */
  except: readonly string[];
  /** Absent: the message is not stored and has no position. */
  retention?: Retention | undefined;
  /**
   * The message without its data, as JSON up to the place for its position: what hooks are told of one that is long or has
   * attachments. Absent: they are told all of it.
   */
  brief?: string | undefined;
  /** For `idempotencyLifetime` a second draft with this key on this channel publishes nothing. */
  idempotencyKey?: string | undefined;
}

export interface Receipt {
  position?: Position;
  /** The idempotency key was known: nothing was published, and the position is the first one's. */
  repeated: boolean;
}

/** A publication on its way out, as every node that holds its channel receives it, the publisher's included. */
export interface Delivery {
  channel: string;
  /** The complete Engine.IO packet. */
  packet: string | Uint8Array;
  attachments: readonly Uint8Array[];
  except: readonly string[];
  position?: Position;
}

/** Takes the deliveries of one subscription, in the channel's order. It must not throw and must not wait. */
export interface DeliverySink {
  receive(delivery: Delivery): void;
}

export interface HistoryEntry {
  position: Position;
  /** The Message as JSON. */
  message: string;
  attachments: readonly Uint8Array[];
}

/**
 * `top` reads no entries, only where the channel stands; `start` the whole window; `newest` the newest
 * entry; a Position all that came after it.
 */
export type ReadFrom = "top" | "start" | "newest" | Position;

export interface HistoryRead {
  channel: string;
  retention: Retention;
  from: ReadFrom;
  /** Newest first, from the top down; only with `start`. */
  reverse?: boolean;
  /** At most so many entries, within the budget. */
  limit?: number;
}

/** What all reads of one call may return together. The first entry of the call always fits. */
export interface ReadBudget {
  messages: number;
  /** UTF-8 bytes of the messages and their attachments. */
  bytes: number;
  attachments: number;
}

export interface HistoryPage {
  /** The channel's newest position; offset 0 before its first message. */
  top: Position;
  /**
   * Whether the entries continue `from` without a hole. False, with no entries, when a Position's epoch
   * is another one, its offset is above the top, or the window no longer reaches back to it.
   */
  reached: boolean;
  /** Oldest first, unless reversed. */
  entries: HistoryEntry[];
  /** The budget or the limit ended the page before the top (reversed: before the window's start). */
  more: boolean;
}

export interface Broker {
  /** Stores and publishes as one step; calls on one channel take effect in the order of the calls. */
  publish(draft: Draft): Promise<Receipt>;
  /**
   * Once it resolves, every later publication of the channel reaches the sink, until `unsubscribe`; nothing stands between
   * the decoding of a publication and its sink. The counter of a channel with retention exists from here on.
   *
   * @returns with retention, the position after which the sink is given every message. Some of those before it may reach
   * the sink as well, where the node has subscribed to the channel before
   */
  subscribe(
    channel: string,
    retention: Retention | undefined,
    sink: DeliverySink,
  ): Promise<Position | undefined>;
  unsubscribe(channel: string): void;
  /**
   * One round trip, after everything that this node has published before. What it does between the call and the answer may
   * be in the pages or not. They stand in the order of the reads; a read past the budget has `more` and no entries.
   */
  read(reads: readonly HistoryRead[], budget: ReadBudget): Promise<HistoryPage[]>;
  /** Forgets the stored messages. Epoch and offset go on. */
  clear(channel: string, retention: Retention): Promise<void>;
}

export interface PresenceMember {
  user: string;
  connection: string;
  info?: unknown;
  /** Unix milliseconds when it went away, where it enters so. */
  awaySince?: number | undefined;
}

/** How a channel's presence is kept, and told to its subscribers. */
export interface PresenceManner {
  /** Whether a change of a user's state is published to the channel as that event. */
  announce: boolean;
  /**
   * Milliseconds between two events of one user at least. What changes meanwhile is published at their end, as what it then
   * comes to: nothing, where the user is again as it was.
   */
  pace: number;
  /** Milliseconds for which a user stays whose last connection has ended without having left. */
  linger: number;
  /** Milliseconds since a user went away in which it stays after its last connection has ended; at least `linger`. */
  hold: number;
}

/**
 * Who is in a channel. A user is there while one of its connections is, and for as long after the end of the last as its
 * manner says; away when all of them are, since the last of those went away.
 */
export interface PresenceStore {
  enter(channel: string, member: PresenceMember, manner: PresenceManner): Promise<void>;
  /** It is gone for good, at once. */
  leave(channel: string, member: PresenceMember, manner: PresenceManner): Promise<void>;
  /** Its connection has ended: it may come back as another one. */
  end(channel: string, member: PresenceMember, manner: PresenceManner): Promise<void>;
  /**
   * @param since Unix milliseconds when the connection went away, undefined once it is back; of one that is away
   * already the first time stays
   */
  setAway(
    channel: string,
    member: PresenceMember,
    since: number | undefined,
    manner: PresenceManner,
  ): Promise<void>;
  /**
   * Users in the order of their ids, `limit` at most, those after `cursor`; the page's own cursor is there
   * while users remain. A user who stays throughout appears once on a walk through the pages.
   */
  page(channel: string, limit: number, cursor: string | undefined): Promise<PresencePage>;
}

/** Publishes a presence event to a channel's subscribers. */
export type Announce = (
  channel: string,
  event: PresenceEvent,
  change: Omit<PresenceChange, "channel">,
) => void;

/** What a backend asks of connections, wherever they are. */
export type Command =
  | { kind: "connections"; user: string }
  | { kind: "subscribe"; user: string; channel: string }
  | { kind: "unsubscribe"; user: string; channel: string }
  | { kind: "disconnect"; target: { user: string } | { connection: string }; reconnect: boolean }
  | { kind: "revoke"; user: string; before: number }
  | { kind: "replace"; connection: string };

export interface CommandReply {
  /** Connections that the command touched on the node. */
  connections: ConnectionInfo[];
}

export interface CommandResult extends CommandReply {
  /**
   * Nodes that did not answer in time, where the command may or may not take effect, and those of a version that does not
   * know it, where it does not.
   */
  unreached: string[];
}

/** Reaches every node, the own one included. */
export interface Control {
  send(command: Command): Promise<CommandResult>;
  /** Asks every node about itself. Rejects only where the own node's answer does. */
  ask<Kind extends ReportKind>(kind: Kind, about: Questions[Kind]): Promise<Asked<Kind>>;
  nodes(): Promise<NodeInfo[]>;
}

/** The node's own side of Control. */
export interface ControlTarget {
  execute(command: Command): Promise<CommandReply>;
  report<Kind extends ReportKind>(kind: Kind, about: Questions[Kind]): Promise<Reports[Kind]>;
  describe(): NodeInfo;
}

/** Which users' tokens are refused although their signatures hold. */
export interface Revocations {
  /** @param before Unix seconds: tokens with `iat` up to it are refused. */
  revoke(user: string, before: number): Promise<void>;
  /** @returns the newest `before` of the user, while any token could still be older than it. */
  revokedBefore(user: string): Promise<number | undefined>;
}

/** How the shared state looks from this node. */
export interface BackplaneStatus {
  /** Connections to it that are there, by what they are for. */
  connected: Record<RedisRole, number>;
  /** Calls that wait for an answer. */
  pending: number;
  /** Seconds that the last answer took on the connection that brings deliveries. */
  lag: number;
  /** Nodes that are there, this one included. */
  nodes: number;
}

/** One implementation of all of them. It is made without a connection or a timer; nothing is called before its start. */
export interface Backplane {
  broker: Broker;
  presence: PresenceStore;
  control: Control;
  revocations: Revocations;
  users: Users;
  tidings: TidingStreams;
  peers: Peers;
  /** Whether the shared state can be reached right now. */
  healthy(): boolean;
  status(): BackplaneStatus;
  /**
   * Whether every node reads a form of what nodes write for each other. Whoever is about to write a new one asks, each
   * time: during an update there are nodes that would drop it, and after a rollback there are some again.
   *
   * @param format `publication`, with the number of its form, or `command`, with its kind
   */
  understoodByAll(format: string, form: string | number): boolean;
  /**
   * Resolves once the shared state is reached, or was waited for long enough: then it is tried further.
   *
   * @throws Failure `internal` where the shared state cannot be used as it is
   */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What an implementation is given. `lost` is passed on as a function, so it must not use `this`. */
export interface BackplaneHost {
  /**
   * Deliveries of a subscribed channel are missing and its history does not cover them. Whoever is in the
   * channel has to subscribe again, unless it came to where the deliveries go on; the next one may follow
   * with a hole before it.
   *
   * @param resumed the position after which they go on
   */
  lost: (channel: string, resumed: Position) => void;
  target: ControlTarget;
}
