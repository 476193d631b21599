/*
 * The names of everything in Redis, for everybody in this room: no other file puts a name together. Nodes of two
 * versions share these names, so a change of one splits a running system in two; a channel's key outside its hash tag
 * would be refused by every script on a Redis Cluster.
 */

import { isReservedName } from "../../protocol/channel-name.ts";

/** The hash tag of what belongs to no channel. */
export const homeTag = "nodes";

/**
 * All keys of a channel have the channel as their hash tag, so that they are in one slot of a Redis Cluster and one script
 * may use them.
 */
export class Keys {
  readonly #prefix: string;
  readonly #channelPrefix: string;
  /** The pub/sub channel of Python's emitters, where one is heard. */
  readonly python: string | undefined;
  /** In a Redis Cluster, pub/sub channels are where the keys with the same hash tag are. */
  readonly sharded: boolean;

  /**
   * @param prefix of keys
   * @param channelPrefix of pub/sub channels; emitters have the same
   * @param python the pub/sub channel of Python's emitters
   */
  constructor(prefix: string, channelPrefix: string, sharded: boolean, python?: string) {
    this.python = python;
    this.sharded = sharded;
    this.#prefix = prefix;
    this.#channelPrefix = channelPrefix;
  }

  /** The command that publishes. */
  get publish(): "PUBLISH" | "SPUBLISH" {
    return this.sharded ? "SPUBLISH" : "PUBLISH";
  }

  /** The pub/sub channel of a Socket.IO room. */
  room(channel: string): string {
    return `${this.#channelPrefix}#/#${this.sharded ? `{${channel}}` : channel}#`;
  }

  /**
   * Whether a room has a pub/sub channel of its own. In a Redis Cluster a name that begins with `}` would make
   * the hash tag empty, and a socket's own room has none: emitters, which need it, do not work there.
   */
  hasPubSubChannel(room: string): boolean {
    return !this.sharded || !(room === "" || isReservedName(room));
  }

  /** The pub/sub channel of what Socket.IO's adapters send to all nodes. @param kind as Socket.IO names it */
  peers(kind: "" | "-request" | "-response" = ""): string {
    return `${this.#channelPrefix}${kind}#/#`;
  }

  get #home(): string {
    return `${this.#prefix}{${homeTag}}`;
  }

  counter(channel: string): string {
    return `${this.#prefix}channel:{${channel}}:counter`;
  }

  stream(channel: string): string {
    return `${this.#prefix}channel:{${channel}}:stream`;
  }

  idempotency(channel: string, key: string): string {
    return `${this.#prefix}channel:{${channel}}:id:${key}`;
  }

  /**
   * The users of a channel in their order, what is known of each, and how many entries each lease has.
   *
   * @param place a channel, or what `users` gives
   */
  presence(place: string): [users: string, records: string, leases: string] {
    const isUsers = this.isUsers(place);
    const tag = this.tagOf(place);
    const base = isUsers ? `${this.#prefix}users:{${tag}}` : `${this.#prefix}channel:{${place}}:presence`;
    return [`${base}:users`, `${base}:records`, `${base}:leases`];
  }

  /** The place at which presence has the gateway's users of a tag. No channel's name begins so. */
  users(tag: string): string {
    return `}${tag}`;
  }

  /** Whether presence has users of the gateway there, and not of a channel. */
  isUsers(place: string): boolean {
    return place.startsWith("}");
  }

  /** What is between the braces of the keys of a place of presence. */
  tagOf(place: string): string {
    return this.isUsers(place) ? place.slice(1) : place;
  }

  /** Whether hooks know that somebody is in the channel. */
  occupied(channel: string): string {
    return `${this.#prefix}channel:{${channel}}:presence:told`;
  }

  /** The channels in whose presence a lease has entries. */
  presentIn(lease: string): string {
    return `${this.#home}:channels:${lease}`;
  }

  /** The places of users at which a lease has entries. Apart from the channels: versions before hooks know only those. */
  usersOf(lease: string): string {
    return `${this.#home}:users:${lease}`;
  }

  /** The events for a hook with a tag. */
  hookStream(hook: string, tag: string): [counter: string, stream: string, lease: string] {
    const base = `${this.#prefix}hook:{${tag}}:${hook}`;
    return [`${base}:counter`, `${base}:stream`, `${base}:lease`];
  }

  /** The tags of a Redis Cluster under which there may be events. */
  tags(): string {
    return `${this.#home}:tags`;
  }

  /** Events that a hook has refused. */
  setAside(hook: string): string {
    return `${this.#home}:hook:${hook}:aside`;
  }

  /** When each lease ends, and the node that holds it. */
  leases(): [ends: string, nodes: string] {
    return [`${this.#home}:leases`, `${this.#home}:info`];
  }

  revocation(user: string): string {
    return `${this.#home}:revoked:${user}`;
  }

  revocations(): string {
    return `${this.#home}:revocations`;
  }

  /** Where commands reach all nodes. */
  commands(): string {
    return `${this.#home}:commands`;
  }

  /** Where a node receives the replies to its commands. */
  replies(node: string): string {
    return `${this.#home}:replies:${node}`;
  }
}
