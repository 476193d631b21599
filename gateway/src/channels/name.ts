/*
 * What a channel's name may be, and whose channel it is. The rules and the server API ask it. A name that passes
 * wrongly would meet a socket's own room, or break the hash tag that keeps a channel's keys in one slot.
 */

import { hasNameCharacters, isReservedName } from "../protocol/characters.ts";

const personalPrefix = "user:";

/** Whether the text names a channel. @param maxBytes of UTF-8. */
export function isChannelName(name: string, maxBytes: number): boolean {
  if (name.length === 0 || name.length > maxBytes) return false;
  if (isReservedName(name) || !hasNameCharacters(name)) return false;
  return Buffer.byteLength(name) <= maxBytes;
}

/** The channel that only this user reads and only backends publish to. */
export function personalChannel(user: string): string {
  return personalPrefix + user;
}

/** The user whose personal channel this is, an anonymous one's included; undefined for every other channel. */
export function ownerOf(channel: string): string | undefined {
  if (!channel.startsWith(personalPrefix) || channel.length === personalPrefix.length) return undefined;
  return channel.slice(personalPrefix.length);
}
