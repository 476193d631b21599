/*
 * Base64 for Alipay, whose sockets carry binary data as text, and for servers that send text only.
 */

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Written here because no function for it exists on all hosts. */
export function encodeBase64(buffer: ArrayBuffer): string {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const bits = (first << 16) | (second << 8) | third;
    for (let shift = 18; shift >= 0; shift -= 6) text += digits.charAt((bits >> shift) & 63);
  }
  const filling = (3 - (bytes.length % 3)) % 3;
  return text.slice(0, text.length - filling) + "==".slice(0, filling);
}

export function decodeBase64(text: string): ArrayBuffer {
  const end = text.replace(/=+$/, "");
  const bytes = new Uint8Array((end.length * 3) >> 2);
  let bits = 0;
  for (let at = 0, filled = 0, written = 0; at < end.length; at += 1) {
    bits = ((bits << 6) | digits.indexOf(end.charAt(at))) & 0xffffff;
    filled += 6;
    if (filled < 8) continue;
    filled -= 8;
    bytes[written] = bits >> filled;
    written += 1;
  }
  return bytes.buffer;
}
