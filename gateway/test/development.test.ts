import { expect, it } from "vitest";
import { loadConfig } from "../src/config/load.ts";
import { developmentBanner, withDevelopmentKeys } from "../src/development.ts";
import { silentLog } from "../src/log.ts";

const secret = { TIDEGATE_TOKEN_SECRET: "development-secret-development-secret" };
const key = { TIDEGATE_API_KEYS: "an-api-key-of-its-own" };
const redis = { TIDEGATE_REDIS_URL: "redis://127.0.0.1:6379" };

it.each([
  [{}, "everything is in memory, and these keys are new at each start."],
  [{ ...secret, ...key }, "everything is in memory, and these keys are those of the settings."],
  [{ ...redis, ...secret }, "what nodes share is in Redis, and the API key is new at each start."],
  [{ ...redis, ...key }, "what nodes share is in Redis, and the token's key is new at each start."],
])("says where things are, and which keys are made up: %j", async (env, expected) => {
  const { config: loaded } = loadConfig(env, () => "");
  const config = withDevelopmentKeys(loaded);
  const banner = await developmentBanner(config, loaded, { port: 3000, adminPort: 3001 }, silentLog);
  expect(banner).toContain(`for development: ${expected}`);
});
