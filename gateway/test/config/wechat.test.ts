import { describe, expect, it } from "vitest";
import { ConfigError, loadConfig } from "../../src/config/load.ts";

const secret = "0123456789abcdef0123456789abcdef";
const env = { TIDEGATE_TOKEN_SECRET: secret, TIDEGATE_WECHAT_APPS: "wx1:hush:1, wx2:hush2" };
const apps = [
  { id: "wx1", secret: "hush:1" },
  { id: "wx2", secret: "hush2" },
];

const load = (variables: Record<string, string>, file = "") => loadConfig(variables, () => file);

describe("login with WeChat", () => {
  it("is set up app by app, also from a file", () => {
    expect(load(env).config.wechatApps).toEqual(apps);
    const { TIDEGATE_WECHAT_APPS: text, ...others } = env;
    expect(load({ ...others, TIDEGATE_WECHAT_APPS_FILE: "/apps" }, `${text}\n`).config.wechatApps).toEqual(
      apps,
    );
  });

  it("needs the secret that signs its tokens", () => {
    const { TIDEGATE_WECHAT_APPS } = env;
    const key = { TIDEGATE_TOKEN_JWKS_URL: "https://keys.example" };
    const mode = { NODE_ENV: "production" };
    for (const variables of [
      { TIDEGATE_WECHAT_APPS, ...mode },
      { TIDEGATE_WECHAT_APPS, ...key },
    ]) {
      expect(() => load(variables)).toThrow(ConfigError);
      expect(() => load(variables)).toThrow(/^ {2}TIDEGATE_WECHAT_APPS: .*set TIDEGATE_TOKEN_SECRET$/m);
    }
  });

  it("has one made up for it in development, where nothing else verifies tokens", () => {
    const { TIDEGATE_WECHAT_APPS } = env;
    expect(load({ TIDEGATE_WECHAT_APPS }).config.wechatApps).toEqual(apps);
  });

  it("warns in production where the secrets would go over the network in the clear", () => {
    const production = {
      ...env,
      NODE_ENV: "production",
      TIDEGATE_API_KEYS: "key",
      TIDEGATE_REDIS_URL: "memory",
    };
    const warningsFor = (url: string) =>
      load({ ...production, TIDEGATE_WECHAT_URL: url }).warnings.filter((text) => text.includes("WECHAT"));
    expect(warningsFor("http://wechat.internal")).toEqual([
      "TIDEGATE_WECHAT_URL is not https: the secrets of the apps can be read on the way",
    ]);
    expect(warningsFor("https://wechat.internal")).toEqual([]);
    expect(warningsFor("http://127.0.0.1:8080")).toEqual([]);
  });
});
