import { decodeBase64 } from "./base64.ts";

interface Payload {
  data?: unknown;
  isBuffer?: boolean;
}

/** The data of a message event, whichever way the host nests and encodes it. */
export function dataOf(event: unknown): string | ArrayBuffer {
  let payload = Object(event) as Payload;
  const inner = Object(payload.data) as Payload;
  if (inner.isBuffer !== undefined) payload = inner;
  const { data, isBuffer } = payload;
  if (typeof data !== "string") return ownBuffer(data as ArrayBuffer | ArrayBufferView);
  return isBuffer ? decodeBase64(data) : data;
}

/**
 * Hosts send ArrayBuffers and nothing else: a view works in the developer tools and fails on phones. The
 * decoder takes those of its own realm and nothing else, and hosts deliver those of another.
 */
export function ownBuffer(data: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  if (data instanceof ArrayBuffer) return data;
  const view = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  const own = new Uint8Array(view.length);
  own.set(view);
  return own.buffer;
}
