export interface Item {
  id: string;
  text: string;
  done: boolean;
}

/** What people do to the list; everybody applies the same changes in the channel's one order. */
export type Change =
  | { kind: "add"; id: string; text: string }
  | { kind: "tick"; id: string; done: boolean }
  | { kind: "remove"; id: string };

export function applied(items: readonly Item[], change: Change): Item[] {
  if (change.kind === "add") {
    const known = items.some(({ id }) => id === change.id);
    return known ? [...items] : [...items, { id: change.id, text: change.text, done: false }];
  }
  if (change.kind === "remove") return items.filter(({ id }) => id !== change.id);
  return items.map((item) => (item.id === change.id ? { ...item, done: change.done } : item));
}
