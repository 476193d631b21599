import { hasNameCharacters } from "../protocol/characters.ts";

export { isUserId } from "../auth/permissions.ts";

const personalPrefix = "user:";

/** Every socket is in a room named by its own id: a channel of that name would reach one connection. */
const socketId = /^[A-Za-z0-9_-]{20}$/;

/**
 * What a Redis Cluster keeps of a channel shares a slot by the hash tag `{name}`. A name that begins with this
 * would make the tag empty, which Redis takes for no tag at all.
 */
const reservedStart = "}";

/** Whether the text names a channel. @param maxBytes of UTF-8. */
export function isChannelName(name: string, maxBytes: number): boolean {
  if (name.length === 0 || name.length > maxBytes) return false;
  if (name.startsWith(reservedStart) || socketId.test(name) || !hasNameCharacters(name)) return false;
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
