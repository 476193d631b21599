/*
 * The kinds of values that the file of TIDEGATE_CONFIG has, and the words in which a wrong one is told. Settings have
 * kinds of their own in `kinds.ts`: their values are texts, those of a file are YAML's.
 */

import { z } from "zod";
import { hasNameCharacters, isReservedName } from "../protocol/channel-name.ts";
import { parseDuration, parseSize } from "./units.ts";

/** Messages that begin so are completed with what was found. */
export const expected = (what: string) => `expected ${what}`;

export const flag = z.boolean(expected("true or false"));

/** A text that `parse` turns into a number. */
export function amount(what: string, parse: (text: string) => number | undefined) {
  return z.string(expected(what)).transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: expected(what) });
    return z.NEVER;
  });
}

/** @param least,most as they are written, `10ms` and `1h`. The value is in milliseconds. */
export function durationBetween(least: string, most: string) {
  return amount(`a duration from ${least} to ${most}`, between(parseDuration, least, most));
}

/** @param least,most as they are written, `1KiB` and `1MiB`. The value is in bytes. */
export function sizeBetween(least: string, most: string) {
  return amount(`a size from ${least} to ${most}`, between(parseSize, least, most));
}

export function count(max: number) {
  const what = expected(`a whole number from 1 to ${max}`);
  return z.int(what).min(1, what).max(max, what);
}

const patternType = 'a pattern of channel names, such as "chat:*"';

/** Bounded like a name, since nothing longer than a name could match it. */
export const pattern = z.string(expected(patternType)).refine(isPattern, expected(patternType));

function isPattern(text: string): boolean {
  const bytes = Buffer.byteLength(text);
  return bytes > 0 && bytes <= 255 && hasNameCharacters(text) && !isReservedName(text);
}

/** What is said of an unknown key, and of a value that is no mapping. */
export function wrongKeys(what: string, shape: object) {
  const error = ({ code }: { code: string }) =>
    code === "unrecognized_keys"
      ? `not a key here; the keys are ${Object.keys(shape).join(", ")}`
      : expected(what);
  return { error };
}

function between(parse: (text: string) => number | undefined, least: string, most: string) {
  const [min = 0, max = 0] = [parse(least), parse(most)];
  return (text: string): number | undefined => {
    const value = parse(text);
    return value !== undefined && value >= min && value <= max ? value : undefined;
  };
}
