/*
 * Guards the MessagePack decoder; `payload.ts` calls it for what came over pub/sub. The decoder makes room for what
 * five bytes claim, gigabytes of it, before it finds that they are not there, and calls itself for each level: one
 * message from whoever may publish in Redis would end every node.
 */

import { decode } from "notepack.io";

/** By first byte, the bytes that follow it in a value of fixed size. */
const fixedSizes = new Map([
  [0xc0, 0],
  [0xc2, 0],
  [0xc3, 0],
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
  [0xd4, 2],
  [0xd5, 3],
  [0xd6, 5],
  [0xd7, 9],
  [0xd8, 17],
]);

/** How long a length is, what else is before the bytes that it counts, and how many values each unit of it is. */
interface Sized {
  bytes: 1 | 2 | 4;
  extra: number;
  values: 0 | 1 | 2;
}

const sizes = new Map<number, Sized>([
  [0xc4, { bytes: 1, extra: 0, values: 0 }],
  [0xc5, { bytes: 2, extra: 0, values: 0 }],
  [0xc6, { bytes: 4, extra: 0, values: 0 }],
  [0xc7, { bytes: 1, extra: 1, values: 0 }],
  [0xc8, { bytes: 2, extra: 1, values: 0 }],
  [0xc9, { bytes: 4, extra: 1, values: 0 }],
  [0xd9, { bytes: 1, extra: 0, values: 0 }],
  [0xda, { bytes: 2, extra: 0, values: 0 }],
  [0xdb, { bytes: 4, extra: 0, values: 0 }],
  [0xdc, { bytes: 2, extra: 0, values: 1 }],
  [0xdd, { bytes: 4, extra: 0, values: 1 }],
  [0xde, { bytes: 2, extra: 0, values: 2 }],
  [0xdf, { bytes: 4, extra: 0, values: 2 }],
]);

/** From a value's first bytes: where it ends, or its members begin, and how many those are. */
interface Header {
  end: number;
  members: number;
}

/**
 * Reads MessagePack as Socket.IO writes it. Every length is checked before the decoder sees it.
 *
 * @throws RangeError where the bytes are not one whole value
 */
export function readMsgpack(bytes: Buffer): unknown {
  let at = 0;
  // Counts instead of descending: nesting as deep as the bytes are many would exhaust the stack.
  for (let awaited = 1; awaited > 0; ) {
    if (awaited > bytes.length - at) throw new RangeError("A value ends after the bytes.");
    const { end, members } = headerAt(bytes, at);
    at = end;
    awaited += members - 1;
  }
  if (at !== bytes.length) throw new RangeError("Bytes follow the value.");
  return decode(bytes);
}

function headerAt(bytes: Buffer, at: number): Header {
  const first = bytes.readUInt8(at);
  const next = at + 1;
  if (first < 0x80 || first >= 0xe0) return { end: next, members: 0 };
  if (first < 0x90) return { end: next, members: (first & 0x0f) * 2 };
  if (first < 0xa0) return { end: next, members: first & 0x0f };
  if (first < 0xc0) return { end: next + (first & 0x1f), members: 0 };
  const fixed = fixedSizes.get(first);
  if (fixed !== undefined) return { end: next + fixed, members: 0 };
  const sized = sizes.get(first);
  if (!sized) throw new RangeError("No value begins with this byte.");
  const length = bytes.readUIntBE(next, sized.bytes);
  // The decoder reads twelve bytes for a timestamp, whatever its length is, and would read past the value.
  if (first === 0xc7 && bytes[next + 1] === 0xff && length !== 12)
    throw new RangeError("No timestamp is so long.");
  const start = next + sized.bytes + sized.extra;
  return sized.values === 0
    ? { end: start + length, members: 0 }
    : { end: start, members: length * sized.values };
}
