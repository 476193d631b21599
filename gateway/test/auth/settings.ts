import { expect } from "vitest";
import { createTokens, type TokenOptions, type Tokens } from "../../src/auth/token.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { Failure } from "../../src/errors.ts";
import { silentLog } from "../../src/log.ts";
import { secret, start } from "./forge.ts";

/** Tokens of one secret at the time `start`, unless said otherwise. */
export function tokensWith(options: Partial<TokenOptions> = {}): Promise<Tokens> {
  return createTokens({
    secrets: [secret],
    maxLifetime: 86_400_000,
    log: silentLog,
    now: () => start * 1000,
    ...options,
  });
}

/** Asserts that it fails with the code, and returns the Failure. */
export async function failure(promise: Promise<unknown>, code: ErrorCode): Promise<Failure> {
  const thrown = await promise.then(
    (value) => expect.fail(`resolved with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (!(thrown instanceof Failure)) throw thrown;
  expect(thrown.code).toBe(code);
  return thrown;
}
