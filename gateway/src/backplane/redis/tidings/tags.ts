/*
 * Says under which hash tag events are kept; scripts and tellers ask it. On a Redis Cluster a tag in another slot than the
 * channel's would make every script fail that stores an event.
 */

import { slotCount, slotOf } from "../shards/slot.ts";

/** On one Redis the streams of all hooks are spread over so many tags. */
const fixedTags = 16;

/** By slot, a short text that Redis puts there; made at the first use, in some 100 ms. */
let bySlot: readonly string[] | undefined;

/**
 * The hash tag under which events of a channel are kept, and users whose own it is: in the channel's slot, so that the script
 * in which an event becomes true stores it. On a Redis Cluster it is the slot's own; elsewhere there are few, since any
 * script may use any key.
 */
export function tagOf(channel: string, sharded: boolean): string {
  const slot = slotOf(channel);
  if (!sharded) return String(slot % fixedTags);
  bySlot ??= tagsBySlot();
  return bySlot[slot] ?? "";
}

/** All that there are where there is one Redis. */
export function allTags(): string[] {
  return Array.from({ length: fixedTags }, (_, index) => String(index));
}

function tagsBySlot(): string[] {
  const tags = new Array<string | undefined>(slotCount).fill(undefined);
  let missing = slotCount;
  for (let number = 0; missing > 0; number += 1) {
    const tag = number.toString(36);
    const slot = slotOf(tag);
    if (tags[slot] !== undefined) continue;
    tags[slot] = tag;
    missing -= 1;
  }
  return tags.map((tag) => tag ?? "");
}
