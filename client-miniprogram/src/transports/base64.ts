const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Written here because no function for it exists on all hosts. */
export function encodeBase64(buffer: ArrayBuffer): string {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second, third] = bytes.subarray(at, at + 3);
    const bits = (first << 16) | ((second || 0) << 8) | (third || 0);
    text += digits.charAt(bits >> 18) + digits.charAt((bits >> 12) & 63);
    text += second === undefined ? "=" : digits.charAt((bits >> 6) & 63);
    text += third === undefined ? "=" : digits.charAt(bits & 63);
  }
  return text;
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
