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
