/** Messages carry the time at which they were sent; what arrives tells how long it was under way. */

const key = Buffer.from('"sent":');
const quote = '"'.charCodeAt(0);

/** @param bytes of the data, about */
export function stampedData(bytes: number): string {
  const data = `{"sent":"${performance.now().toFixed(3)}","fill":""}`;
  return `${data.slice(0, -2)}${"x".repeat(Math.max(0, bytes - data.length))}"}`;
}

/** @returns milliseconds since the message was sent */
export function latencyOf(chunk: Buffer, start: number, end: number): number {
  const at = chunk.indexOf(key, start) + key.length + 1;
  let close = at;
  while (close < end && chunk[close] !== quote) close += 1;
  return performance.now() - Number(chunk.toString("latin1", at, close));
}
