/** Milliseconds by which an item may be looked at late. */
const tick = 1_000;

/**
 * Items to look at once a time has passed, in slots of one tick. Taking what is due costs one lookup for
 * each tick gone by, however many items wait.
 */
export class ExpiryQueue<Item> {
  readonly #slots = new Map<number, Set<Item>>();
  readonly #slotOf = new Map<Item, number>();
  /** No slot before this one holds anything. */
  #next = 0;

  get size(): number {
    return this.#slotOf.size;
  }

  /** @param at milliseconds on the caller's clock; an earlier time already asked for stands. */
  schedule(item: Item, at: number): void {
    if (at === Number.POSITIVE_INFINITY) return;
    const slot = Math.floor(at / tick) + 1;
    const held = this.#slotOf.get(item);
    if (held !== undefined) {
      if (held <= slot) return;
      this.#slots.get(held)?.delete(item);
    }
    this.#next = this.size === 0 ? slot : Math.min(this.#next, slot);
    this.#slotOf.set(item, slot);
    const items = this.#slots.get(slot);
    if (items) items.add(item);
    else this.#slots.set(slot, new Set([item]));
  }

  /** Takes out every item whose time has passed. */
  take(now: number): Item[] {
    const due: Item[] = [];
    for (const current = Math.floor(now / tick); this.size > 0 && this.#next <= current; this.#next += 1) {
      for (const item of this.#slots.get(this.#next) ?? []) {
        this.#slotOf.delete(item);
        due.push(item);
      }
      this.#slots.delete(this.#next);
    }
    return due;
  }
}
