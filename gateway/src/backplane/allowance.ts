import type { ReadBudget } from "./ports.ts";

/** What is left of a read call's budget. */
export class Allowance {
  readonly #left: ReadBudget;
  #untouched = true;

  constructor(budget: ReadBudget) {
    this.#left = { ...budget };
  }

  /**
   * Takes room for one entry. The call's first entry gets it whatever its size, or a client could never
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
