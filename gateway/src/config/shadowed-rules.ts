/*
 * Finds rules that no channel comes to, because an earlier rule takes every name that they match. Their author
 * believes that they hold: a `**` in front would open what a rule below it was written to close.
 */

import type { ChannelRule } from "./rules.ts";

/** A warning for each rule that is never reached. It may miss one, and names none that is reached. */
export function shadowedRules(rules: readonly Pick<ChannelRule, "match">[]): string[] {
  return rules.flatMap(({ match }, index) => {
    const earlier = rules.slice(0, index).find((rule) => takes(rule.match, match));
    if (!earlier) return [];
    return [
      `channels: the rule ${match} is never reached, since ${earlier.match} before it takes its channels; move it up`,
    ];
  });
}

/** Users' own channels are matched by rules that begin with `user:`, and by no other. */
function takes(earlier: string, later: string): boolean {
  return isPersonal(earlier) === isPersonal(later) && covers(partsOf(earlier), partsOf(later));
}

function isPersonal(pattern: string): boolean {
  return pattern.startsWith("user:");
}

function partsOf(pattern: string): readonly string[] {
  return pattern.match(/\*\*|./gsu) ?? [];
}

/** Whether `outer` matches whatever `inner` does: a star of `inner` has to fall into one of `outer` as wide. */
function covers(outer: readonly string[], inner: readonly string[]): boolean {
  /** reached[j]: the parts of `outer` so far account for the first j of `inner`. */
  let reached = [true, ...inner.map(() => false)];
  for (const part of outer) {
    const next = [part.startsWith("*") && reached[0] === true];
    for (const [j, other] of inner.entries()) {
      next.push(
        part.startsWith("*")
          ? reached[j + 1] === true || (next[j] === true && absorbs(part, other))
          : reached[j] === true && part === other,
      );
    }
    reached = next;
  }
  return reached.at(-1) === true;
}

function absorbs(star: string, part: string): boolean {
  return star === "**" || (part !== "**" && part !== ":");
}
