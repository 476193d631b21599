/*
 * Puts together what the scripts need to tell hooks. Presence and the publish queue ask it for each call; where nobody hears
 * of a channel they go on without, by scripts that know nothing of hooks. A kind that is left out here is told nobody.
 */

import { ownerOf, personalChannel } from "../../../protocol/channel-name.ts";
import type { Listener, TidingOptions } from "../../tidings.ts";
import type { Argument } from "../connection/redis-connection.ts";
import type { Keys } from "../keys.ts";
import { makeNonce } from "../scripts.ts";
import type { TagIndex } from "./tag-index.ts";
import { tagOf } from "./tags.ts";

/** What a script is given in addition, so that it stores events. */
export interface TellingPart {
  tag: string;
  keys: string[];
  args: Argument[];
}

/** A hook, with the kinds that it is told of the channel in question. */
type Heard = [listener: Listener, kinds: string];

const ofUsers = ["connected", "disconnected", "online", "offline", "away", "back", "unseen"] as const;
const ofOccupancy = ["occupied", "vacated"] as const;

/** What hooks hear of users, of who is in channels, and of publications. */
export class Telling {
  readonly options: TidingOptions;
  readonly #keys: Keys;
  readonly #index: TagIndex;
  readonly #share: () => number;
  readonly #users: Heard[];
  readonly #occupancy: Heard[];
  readonly #published: readonly Listener[];
  readonly #unseen: Heard[];
  readonly #listeners: ((tag: string) => void)[] = [];

  /** @param share how many streams of a hook one Redis or primary holds */
  constructor(
    options: TidingOptions,
    { keys, index, share }: { keys: Keys; index: TagIndex; share(): number },
  ) {
    const heardOf = (kinds: readonly (typeof ofUsers | typeof ofOccupancy)[number][]): Heard[] =>
      options.listeners.map((one): Heard => [one, written(kinds.filter((kind) => one.kinds.has(kind)))]);
    this.options = options;
    this.#keys = keys;
    this.#index = index;
    this.#share = share;
    this.#users = heardOf(ofUsers).filter(hearsAny);
    this.#occupancy = heardOf(ofOccupancy).filter(hearsAny);
    this.#published = options.listeners.filter(({ kinds }) => kinds.has("published"));
    this.#unseen = heardOf(["unseen"]).filter(hearsAny);
  }

  /** Whether connections of users are to be known. */
  get knowsUsers(): boolean {
    return this.#users.length > 0 || this.options.connectionsPerUser !== undefined;
  }

  tagOf(channel: string): string {
    return tagOf(channel, this.#keys.sharded);
  }

  /** Of what becomes of users whose tag this is. Who is not heard of is kept all the same. */
  ofUsers(tag: string): TellingPart {
    return this.#part(tag, this.#users);
  }

  /** Of who is in a channel; undefined where nobody hears of that. */
  ofOccupancy(channel: string): TellingPart | undefined {
    const heard = this.#occupancy.filter(([listener]) => listener.hears(channel));
    return heard.length > 0 ? this.#part(this.tagOf(channel), heard) : undefined;
  }

  /** Of what is published to a channel with history; undefined where nobody hears of it. */
  ofPublications(channel: string): TellingPart | undefined {
    if (this.#published.length === 0 && this.#unseen.length === 0) return undefined;
    const heard = this.#published
      .filter((one) => one.hears(channel))
      .map((one): Heard => [one, ",published,"]);
    if (knownUser(channel) !== undefined) heard.push(...this.#unseen);
    return heard.length > 0 ? this.#part(this.tagOf(channel), heard) : undefined;
  }

  /** Has to resolve before anything is stored under the tag. @throws Failure `unavailable` */
  prepare(tag: string): Promise<void> {
    return this.#index.note(tag);
  }

  /** Something may have been stored under the tag. */
  added(tag: string): void {
    for (const listener of this.#listeners) listener(tag);
  }

  onAdded(listener: (tag: string) => void): void {
    this.#listeners.push(listener);
  }

  #part(tag: string, heard: readonly Heard[]): TellingPart {
    const keys: string[] = [];
    const args: Argument[] = [makeNonce(), tag, heard.length];
    for (const [{ name, keep }, kinds] of heard) {
      const [counter, stream] = this.#keys.hookStream(name, tag);
      keys.push(counter, stream);
      args.push(kinds, Math.floor(keep.size / this.#share()), keep.age);
    }
    return { tag, keys, args };
  }
}

/** The user whose own channel this is, anonymous ones apart: who comes back is another one. */
export function knownUser(channel: string): string | undefined {
  const user = ownerOf(channel);
  return user?.startsWith("anon:") ? undefined : user;
}

export function tagOfUser(telling: Telling, user: string): string {
  return telling.tagOf(personalChannel(user));
}

function hearsAny([, kinds]: Heard): boolean {
  return kinds !== ",,";
}

function written(kinds: readonly string[]): string {
  return `,${kinds.join(",")},`;
}
