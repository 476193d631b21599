/*
 * Events as a hook is sent them: the body, and the id that names exactly this list. `told-hook.ts` makes one for each call.
 * Whoever gets the same id twice has had all of it.
 */

import type { Dropped, TidingBatch } from "../backplane/tidings.ts";

/** Bytes of a body; what encloses the events comes on top. */
export const mostBytes = 250 * 1024;

/** What a call carries. */
export interface Parcel {
  /** `webhook-id`; without a dot, which the signature needs. */
  id: string;
  /** JSON. */
  body: string;
  events: number;
}

/** @param now Unix milliseconds */
export function parcelOf(hook: string, { tag, epoch, dropped, tidings }: TidingBatch, now: number): Parcel {
  const first = tidings[0]?.number ?? 0;
  const last = tidings.at(-1)?.number ?? 0;
  const counts = dropped.map(({ because, count = 1 }) => `${because}${count}`).join("-");
  const id = `${tag}-${epoch}-${first}-${last}${counts && `-${counts}`}`;
  const texts = dropped.map((one) => droppedEvent(id, one, now)).concat(tidings.map(({ text }) => text));
  return { id, body: `{"hook":${JSON.stringify(hook)},"events":[${texts.join(",")}]}`, events: texts.length };
}

function droppedEvent(batch: string, dropped: Dropped, time: number): string {
  return JSON.stringify({ id: `${batch}-${dropped.because}`, type: "dropped", time, ...dropped });
}
