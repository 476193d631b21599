/** Milliseconds for which a revocation is kept: far longer than a verified token takes to become a connection. */
const lifetime = 60_000;

/**
 * The revocations of the last minute, for the connections that a revocation cannot find: their tokens were verified
 * before it came, and they became connections after.
 */
export class FreshRevocations {
  readonly #now: () => number;
  /** By user, the oldest first. */
  readonly #told = new Map<string, { before: number; until: number }>();

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param before Unix seconds: tokens with `iat` up to it are refused */
  note(user: string, before: number): void {
    const newest = Math.max(before, this.#told.get(user)?.before ?? before);
    this.#told.delete(user);
    this.#told.set(user, { before: newest, until: this.#now() + lifetime });
    for (const [other, { until }] of this.#told) {
      if (until > this.#now()) break;
      this.#told.delete(other);
    }
  }

  /** Whether a token of the user is refused that was issued at this time, in Unix seconds. */
  cover(user: string, issuedAt: number): boolean {
    return issuedAt <= (this.#told.get(user)?.before ?? Number.NEGATIVE_INFINITY);
  }
}
