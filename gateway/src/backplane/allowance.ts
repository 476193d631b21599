/*
 * How much of one answer is left while several channels are read for it. The history of memory and that of Redis take
 * from it, with the same rule: the first message fits whatever its size, or a large one could never be read.
 */

import type { ReadBudget } from "./ports.ts";

/** UTF-8 bytes of a message and its attachments, as budgets count them. */
export function bytesOf(message: string, attachments: readonly Uint8Array[]): number {
  let bytes = Buffer.byteLength(message);
  for (const attachment of attachments) bytes += attachment.byteLength;
  return bytes;
}

/**
 * What is left of a budget: of a read call's, or of a reply frame's. The rule that the first entry always fits stands
 * here and, for what Redis reads, in `read.lua`.
 */
export class Allowance {
  readonly #left: ReadBudget;
  #untouched = true;

  constructor(budget: ReadBudget) {
    this.#left = { ...budget };
  }

  /**
   * Takes room for one entry. The first one gets it whatever its size, or a client could never
   * read past a message larger than the budget.
   *
   * @param bytes of the message and its attachments.
   * @returns false, and takes nothing, where the entry does not fit.
   */
  take(bytes: number, attachments: number): boolean {
    const left = this.#left;
    const fits = left.messages >= 1 && left.bytes >= bytes && left.attachments >= attachments;
    if (!fits && !this.#untouched) return false;
    this.#untouched = false;
    left.messages -= 1;
    left.bytes -= bytes;
    left.attachments -= attachments;
    return true;
  }
}
