/*
 * The kinds of values that settings have. Each declares how it is read and the words that say so, which the faults and
 * the reference page share.
 */

import { z } from "zod";
import { isWebUrl } from "./addresses.ts";
import { parseDuration, parseInteger, parseSize } from "./units.ts";

/** What a setting's text may be. */
export interface Kind<T> {
  /** Completes the sentence "expected …"; also the type column of the reference page. */
  type: string;
  schema: z.ZodType<T, string>;
}

/** @param parse returns undefined for a text that is not of this kind, or throws an Error with the reason */
export function kind<T>(type: string, parse: (text: string) => T | undefined): Kind<T> {
  const schema = z.string().transform((text, context) => {
    let reason = "";
    try {
      const value = parse(text);
      if (value !== undefined) return value;
    } catch (error) {
      reason = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    context.addIssue({ code: "custom", message: `expected ${type}${reason}` });
    return z.NEVER;
  });
  return { type, schema };
}

/** Anything. An empty text counts as not set, before it comes here. */
export const text = kind("a text", (value) => value);

/** Credentials in a URL would reach the log with it. */
export const webUrl = kind("an http or https URL without a user or password", (value) =>
  isWebUrl(value) ? value : undefined,
);

export const boolean = kind("true or false", (value) => {
  if (value === "true") return true;
  return value === "false" ? false : undefined;
});

/** A whole number, both bounds included. */
export function integer(min: number, max: number): Kind<number> {
  return kind(`a whole number from ${min} to ${max}`, within(parseInteger, min, max));
}

/** @param least,most as they are written, `10ms` and `1h`. The value is in milliseconds. */
export function duration(least: string, most: string): Kind<number> {
  const [min = 0, max = 0] = [parseDuration(least), parseDuration(most)];
  const read = within(parseDuration, min, max);
  return kind(`a duration from ${least} to ${most}`, (value) => {
    if (/^\d+$/.test(value)) throw new Error(`it needs a unit, as in ${value}s or ${value}ms`);
    return read(value);
  });
}

/** @param least,most as they are written, `1KiB` and `1MiB`. The value is in bytes. */
export function size(least: string, most: string): Kind<number> {
  const [min = 0, max = 0] = [parseSize(least), parseSize(most)];
  return kind(`a size from ${least} to ${most}`, within(parseSize, min, max));
}

export function oneOf<const T extends string>(values: readonly T[]): Kind<T> {
  return kind(`one of ${values.join(", ")}`, (value) => values.find((known) => known === value));
}

/** Items between commas, spaces around them ignored; an empty item is refused, since it is a slip. */
export function list(items: string, accepts: (item: string) => boolean): Kind<readonly string[]> {
  return kind(`a comma-separated list of ${items}, none empty`, (value) => {
    const found = value.split(",").map((item) => item.trim());
    return found.every((item) => item !== "" && accepts(item)) ? found : undefined;
  });
}

/** A parser that refuses what is outside the bounds as it refuses what is no number. */
function within(parse: (text: string) => number | undefined, min: number, max: number) {
  return (value: string): number | undefined => {
    const number = parse(value);
    return number !== undefined && number >= min && number <= max ? number : undefined;
  };
}
