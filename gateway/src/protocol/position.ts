/** Where a message stands in its channel's history: offsets count 1, 2, 3… within an epoch. */
export interface Position {
  epoch: string;
  offset: number;
}

/** An epoch has no colon, no quote and no backslash, so that it can be spliced into JSON as it is. */
const shape = /^([A-Za-z0-9_.-]{1,64}):(0|[1-9][0-9]{0,15})$/;

export function formatPosition(position: Position): string {
  return `${position.epoch}:${position.offset}`;
}

/** @returns undefined where the text is not a position. */
export function parsePosition(text: string): Position | undefined {
  const match = shape.exec(text);
  if (!match?.[1]) return undefined;
  const offset = Number(match[2]);
  return Number.isSafeInteger(offset) ? { epoch: match[1], offset } : undefined;
}
