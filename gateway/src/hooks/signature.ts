/*
 * Signs what a hook is sent, as the Standard Webhooks specification has it, so that the libraries of every language
 * verify it. `caller.ts` asks it for each attempt.
 */

import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

const prefix = "whsec_";

/** Signs with each secret that is configured, so that one can be replaced while both sides know two. */
export class Signature {
  readonly #keys: readonly KeyObject[];

  /** @param secrets `whsec_` and base64, as the settings have checked; none: nothing is signed */
  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map((secret) => createSecretKey(Buffer.from(secret.slice(prefix.length), "base64")));
  }

  /**
   * @param id of the message; the same in each attempt
   * @param timestamp Unix seconds of this attempt
   * @returns the headers that prove who sent the body, and when
   */
  headers(id: string, timestamp: number, body: string): Record<string, string> {
    const named = { "webhook-id": id, "webhook-timestamp": String(timestamp) };
    if (this.#keys.length === 0) return named;
    const signed = `${id}.${timestamp}.${body}`;
    const signatures = this.#keys.map(
      (key) => `v1,${createHmac("sha256", key).update(signed).digest("base64")}`,
    );
    return { ...named, "webhook-signature": signatures.join(" ") };
  }
}
