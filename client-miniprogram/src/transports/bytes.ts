/*
 * What hosts do differently with binary data, made one: how an event nests it, whether it is base64, of which realm
 * its buffers are.
 */

import { decodeBase64 } from "./base64.ts";

interface Payload {
  data?: unknown;
  isBuffer?: boolean;
}

/** The data of a message event, whichever way the host nests and encodes it. */
export function dataOf(event: unknown): string | ArrayBuffer {
  // Alipay's task nests: `{data: {data, isBuffer}}`; its global events, and other hosts, do not.
  let payload = Object(event) as Payload;
  const inner = Object(payload.data) as Payload;
  if (inner.isBuffer !== undefined) payload = inner;
  const { data, isBuffer } = payload;
  if (typeof data !== "string") return ownBuffer(data as ArrayBuffer | ArrayBufferView);
  return isBuffer ? decodeBase64(data) : data;
}

/**
 * Hosts send ArrayBuffers and nothing else: a view works in the developer tools and fails on phones. Pages ask with
 * `instanceof`, and hosts deliver buffers of another realm.
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

/**
 * A copy of what is to be sent, in which every binary value is an ArrayBuffer of this realm. Socket.IO clients take
 * buffers of another realm for empty objects, and old ones lose their place in the stream over views.
 */
export function ownData(data: unknown): unknown {
  if (!data || typeof data !== "object") return data;
  if (isBinary(data)) return ownBuffer(data);
  if (Array.isArray(data)) return data.map(ownData);
  const { toJSON } = data as { toJSON?: unknown };
  if (typeof toJSON === "function") return ownData(toJSON.call(data));
  const copy: { [key: string]: unknown } = {};
  for (const key of Object.keys(data)) copy[key] = ownData((data as typeof copy)[key]);
  return copy;
}

/** Buffers of another realm are none by `instanceof`. */
export function isBinary(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}
