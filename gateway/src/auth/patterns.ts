/*
 * Compiles patterns of channel names, for rules and for the grants of tokens. Whoever writes a token chooses the
 * pattern, and whoever publishes the name: no pair of the two may take long.
 */

export type Matcher = (name: string) => boolean;

/** In place of a character code: a run that stays between two colons, and one that goes across them. */
const within = -1;
const across = -2;

/** After the last step: the code of no character that a name has. */
const end = 0;

const colon = ":".charCodeAt(0);

/**
 * @param pattern `*` stands for any run of characters but ':', `**` for any run; a run may be empty. Every
 * other character stands for itself.
 */
export function compilePattern(pattern: string): Matcher {
  const firstStar = pattern.indexOf("*");
  if (firstStar === -1) return (name) => name === pattern;
  const head = pattern.slice(0, firstStar);
  const matchesRest = compileSteps(stepsOf(pattern.slice(firstStar)));
  return (name) => name.startsWith(head) && matchesRest(name, firstStar);
}

/** The pattern as UTF-16 codes, its stars as `within` and `across`. */
function stepsOf(pattern: string): Int32Array {
  const parts = pattern.match(/\*\*|./gs) ?? [];
  return Int32Array.from(parts, (part) => {
    if (part === "**") return across;
    return part === "*" ? within : part.charCodeAt(0);
  });
}

/**
 * Patterns arrive in tokens, so nothing here goes back over the name, as a regular expression would: all
 * ways to match advance together, and the work is bounded by name length × pattern length.
 */
function compileSteps(steps: Int32Array): (name: string, from: number) => boolean {
  // reached[i]: the first i steps can account for the name so far. Shared by all calls, which never overlap.
  const reached = new Uint8Array(steps.length + 1);
  return (name, from) => {
    reached.fill(0);
    reached[0] = 1;
    for (let place = 0; (steps[place] ?? end) < 0; place++) reached[place + 1] = 1;
    for (let at = from; at < name.length; at++) advance(steps, reached, name.charCodeAt(at));
    return reached[reached.length - 1] === 1;
  };
}

function advance(steps: Int32Array, reached: Uint8Array, code: number): void {
  let before = 0;
  let wasBefore = 0;
  let isBefore = 0;
  for (let place = 0; place < reached.length; place++) {
    const step = steps[place] ?? end;
    const was = reached[place] ?? 0;
    let is = 0;
    if (before === code) is = wasBefore;
    else if (before < 0) is = isBefore;
    if (step === across || (step === within && code !== colon)) is |= was;
    reached[place] = is;
    before = step;
    wasBefore = was;
    isBefore = is;
  }
}
