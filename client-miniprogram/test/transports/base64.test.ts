import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeBase64, encodeBase64 } from "../../src/transports/base64.ts";

it("writes and reads base64 as everybody else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const text = encodeBase64(Uint8Array.from(bytes).buffer);
      expect(text).toBe(Buffer.from(bytes).toString("base64"));
      expect([...new Uint8Array(decodeBase64(text))]).toEqual([...bytes]);
    }),
  );
});
