/*
 * What a channel's name may be, and whose channel it is. Rules, tokens, the server API and the names in Redis ask here.
 * A name that passes wrongly would meet a socket's own room, or break the hash tag that keeps a channel's keys in one
 * slot.
 */

const personalPrefix = "user:";

/**
 * ZWJ and ZWNJ are let in, since emoji and several scripts need them; what is invisible on its own, or turns
 * the direction of what follows, would make two names look the same.
 */
const unfit = /[\s\p{Cc}\p{Bidi_Control}\u200B\u2060]/u;

/** Whether every character may stand in a channel name: no space, no control character, no lone surrogate. */
export function hasNameCharacters(text: string): boolean {
  return text.isWellFormed() && !unfit.test(text);
}

const socketId = /^[A-Za-z0-9_-]{20}$/;

/**
 * Whether no channel may be called so. Every socket is in a room named by its own id: a channel of such a name would
 * reach one connection. And what a Redis Cluster keeps of a channel shares a slot by the hash tag `{name}`: a name
 * that begins with `}` would make the tag empty, which Redis takes for no tag at all.
 */
export function isReservedName(name: string): boolean {
  return name.startsWith("}") || socketId.test(name);
}

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

const firstSurrogate = 0xd800;
const lastSurrogate = 0xdfff;

/** The order of two texts' UTF-8. That of UTF-16 is another one where surrogates meet what comes after them. */
export function compareBytes(one: string, other: string): number {
  if (one === other) return 0;
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const difference = weightOf(one.charCodeAt(at)) - weightOf(other.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** A surrogate stands for a character beyond all that one unit can be. */
function weightOf(unit: number): number {
  return unit >= firstSurrogate && unit <= lastSurrogate ? unit + 0x10000 : unit;
}
