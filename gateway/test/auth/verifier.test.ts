import { describe, expect, it } from "vitest";
import type { Claims } from "../../src/auth/token.ts";
import { Verifier } from "../../src/auth/verifier.ts";
import { Failure } from "../../src/errors.ts";

/** Tokens that say when they were issued. */
const claimsOf = (token: string) => ({ user: "ann", issuedAt: Number(token), expiresAt: 1_000_000 });

const tokens = {
  verify: async (token: unknown): Promise<Claims> => ({
    ...claimsOf(String(token)),
    channels: [],
    allow: [],
  }),
  verifyChannel: async (token: unknown) => ({ ...claimsOf(String(token)), channel: "secret" }),
};

describe.each(["verify", "verifyChannel"] as const)("%s", (verify) => {
  const ask = (token: string, before: number | undefined) =>
    new Verifier(tokens, { revokedBefore: async (user) => (user === "ann" ? before : undefined) })[verify](
      token,
    );

  it("refuses what was issued up to the user's revocation, in the words for any bad token", async () => {
    const { message } = new Failure("unauthorized");
    await expect(ask("19", 20)).rejects.toMatchObject({ code: "unauthorized", message });
    await expect(ask("20", 20)).rejects.toMatchObject({ code: "unauthorized", message });
    expect(await ask("21", 20)).toMatchObject({ user: "ann", issuedAt: 21 });
  });

  it("reads the claims where nothing was revoked", async () => {
    expect(await ask("20", undefined)).toEqual(await tokens[verify]("20"));
  });

  it("lets nobody in where revocations cannot be asked for", async () => {
    const verifier = new Verifier(tokens, {
      revokedBefore: () => Promise.reject(new Failure("unavailable")),
    });
    await expect(verifier[verify]("20")).rejects.toMatchObject({ code: "unavailable" });
  });
});
