import { expect, it } from "vitest";
import { loadConfig } from "../src/config/load.ts";
import { developmentBanner, withDevelopmentKeys } from "../src/development.ts";
import { silentLog } from "../src/log.ts";

async function bannerOf(env: Record<string, string>): Promise<string> {
  const { config: given } = loadConfig(env, () => "");
  return developmentBanner(given, withDevelopmentKeys(given), { port: 1, adminPort: 2 }, silentLog);
}

it("shows the keys that were made up for this start", async () => {
  const banner = await bannerOf({});
  expect(banner).toContain("everything is in memory, and these keys are new at each start");
  expect(banner).toMatch(/API key {3}\S{32}\n/);
  expect(banner).toMatch(/token {5}eyJ/);
});

it("shows nothing of the keys that an operator has set", async () => {
  const banner = await bannerOf({
    TIDEGATE_API_KEYS: "the-api-key-of-the-operator",
    TIDEGATE_TOKEN_SECRET: "the-secret-of-the-operator",
    TIDEGATE_REDIS_URL: "redis://127.0.0.1",
  });
  expect(banner).toContain("what nodes share is in Redis, and the keys are your own");
  expect(banner).not.toMatch(/of-the-operator|eyJ/);
});
