import type { Position } from "../../src/protocol/position.ts";

/** What a client was given of one channel, in the order in which it was. */
export type Entry =
  /** It subscribed without a past, and stands here. */
  | { kind: "start"; position: Position }
  /** `id` is absent where only the position was told. */
  | { kind: "message"; position: Position; id?: string | undefined }
  /** A reply says that this is where it stands, everything up to there having been given. */
  | { kind: "stands"; position: Position }
  /** `recovered: false`: what was missed is not given, and it stands here. */
  | { kind: "told"; position: Position }
  /** The gateway ended the subscription with `gap`. */
  | { kind: "gap" }
  /** It left by its own wish. */
  | { kind: "end" };

export interface Log {
  client: string;
  channel: string;
  entries: readonly Entry[];
}

/** A publication that was acknowledged. */
export interface Acknowledged {
  channel: string;
  id: string;
  position: Position;
}
