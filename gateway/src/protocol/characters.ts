/**
 * ZWJ and ZWNJ are let in, since emoji and several scripts need them; what is invisible on its own, or turns
 * the direction of what follows, would make two names look the same.
 */
const unfit = /[\s\p{Cc}\p{Bidi_Control}\u200B\u2060]/u;

/** Whether every character may stand in a channel name: no space, no control character, no lone surrogate. */
export function hasNameCharacters(text: string): boolean {
  return text.isWellFormed() && !unfit.test(text);
}
