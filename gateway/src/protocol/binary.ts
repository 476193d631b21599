import { Failure } from "../errors.ts";

/** Binary values in one packet. Socket.IO's parser ends the connection that is sent more. */
export const maxAttachments = 10;

/**
 * How many binary values the data holds; one that stands in several places counts as often, since each place would
 * get a copy of its own.
 *
 * @throws Failure `bad_request` for an object such as Socket.IO puts in the place of a binary value: sent
 * beside real ones, a forged one makes the receiving client end its connection
 */
export function countBinary(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 1;
  if ("_placeholder" in value && value._placeholder === true) {
    throw new Failure("bad_request", "`data` may not hold an object whose `_placeholder` is true.");
  }
  let count = 0;
  for (const child of Array.isArray(value) ? value : Object.values(value)) count += countBinary(child);
  return count;
}
