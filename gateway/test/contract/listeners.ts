import type { Listener, TidingOptions } from "../../src/backplane/tidings.ts";
import type { TidingKind } from "../../src/config/hooks.ts";

const allKinds: readonly TidingKind[] = [
  "connected",
  "disconnected",
  "online",
  "offline",
  "away",
  "back",
  "occupied",
  "vacated",
  "published",
  "unseen",
];

/** A hook that is told everything, but of channels whose names begin with `deaf`. */
export function listener(name: string, more: Partial<Listener> = {}): Listener {
  const keep = { size: 64 * 1024 ** 2, age: 3_600_000 };
  const hears = (channel: string) => !channel.startsWith("deaf");
  return { name, kinds: new Set(allKinds), hears, keep, ...more };
}

/** One hook, which is told everything. */
export const allTold: TidingOptions = { listeners: [listener("all")], settle: 1_000, silence: 45_000 };
