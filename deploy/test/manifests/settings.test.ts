import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../gateway/src/config/load.ts";
import { readDockerfile } from "../image/dockerfile.ts";
import { keyWarnings } from "../support/key-warnings.ts";
import { overlays, render } from "./render.ts";
import { environmentOf, fileReader } from "./workload.ts";

const image = readDockerfile(resolve(import.meta.dirname, "../../../Dockerfile")).at(-1);

/** What an operator puts there. */
const secrets = {
  tidegate: {
    "token-secret": "a-secret-for-the-manifests-of-32-bytes\n",
    "api-keys": "a-key-for-the-manifests-of-32-bytes\n",
    "wechat-apps": "wx0123456789abcdef:the-secret-of-an-app-for-manifests\n",
    "redis-url": "rediss://tidegate:password@redis.example.com:6380\n",
  },
};

describe.each(overlays)("the settings of %s", (overlay) => {
  const manifests = render(overlay);
  const load = (extra: Record<string, string> = {}) =>
    loadConfig({ ...image?.env, ...environmentOf(manifests), ...extra }, fileReader(manifests, secrets));

  it("are settings of the gateway, which starts on them which warns of nothing but known keys", () => {
    const { config, rules, warnings } = load();
    expect(warnings).toEqual(keyWarnings(config));
    expect(config.production).toBe(true);
    expect(config.redisUrl).toMatch(/^rediss?:/);
    expect(rules.length).toBeGreaterThan(0);
    const apps = config.wechatApps.map(({ id }) => id);
    expect(apps).toEqual(overlay === "overlays/wechat" ? ["wx0123456789abcdef"] : []);
  });

  it("would not go unnoticed if they were none, or pointed nowhere", () => {
    expect(load({ TIDEGATE_DRAIN_WINDW: "90s" }).warnings.join()).toContain(
      "TIDEGATE_DRAIN_WINDW is not a setting",
    );
    expect(() => load({ TIDEGATE_CONFIG: "/etc/tidegate/absent.yaml" })).toThrow("cannot read");
  });
});
