import { createTokens } from "../../../src/auth/token.ts";
import { silentLog } from "../../../src/log.ts";
import { testSecret } from "../../support/gateway.ts";

const hour = 3_600_000;

/** A token that was good for an hour, and that ended an hour ago. */
export async function expiredToken(user: string): Promise<string> {
  const twoHoursAgo = Date.now() - 2 * hour;
  const options = { secrets: [testSecret], maxLifetime: 24 * hour, log: silentLog, now: () => twoHoursAgo };
  const tokens = await createTokens(options);
  return (await tokens.sign({ user, ttl: hour })).token;
}
