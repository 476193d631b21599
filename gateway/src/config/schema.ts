/* All settings in one place. A setting that is not in here cannot be read by any part of the gateway. */

import type { Setting } from "./setting.ts";
import { credentials } from "./settings/credentials.ts";
import { hooks } from "./settings/hooks.ts";
import { limits } from "./settings/limits.ts";
import { listening } from "./settings/listening.ts";
import { operation } from "./settings/operation.ts";
import { redis } from "./settings/redis.ts";
import { wechat } from "./settings/wechat.ts";

/** Every setting, declared once. The loader, `Config` and the reference page are made from it. */
export const settings = {
  ...listening,
  ...credentials,
  ...wechat,
  ...hooks,
  ...operation,
  ...redis,
  ...limits,
};

/** The settings in the order of the reference page. */
export const topics: readonly { title: string; settings: Record<string, Setting<unknown>> }[] = [
  { title: "Listening", settings: listening },
  { title: "Credentials", settings: credentials },
  { title: "Login with WeChat", settings: wechat },
  { title: "Hooks", settings: hooks },
  { title: "Operation", settings: operation },
  { title: "Redis", settings: redis },
  { title: "Limits of a connection", settings: limits },
];

type Settings = typeof settings;
type Value<S> = S extends Setting<infer T> ? T : never;

/** What the settings came to: durations in milliseconds, sizes in bytes. */
export type Config = { readonly [Key in keyof Settings]: Value<Settings[Key]> } & {
  /** Whether `NODE_ENV` is `production`. */
  readonly production: boolean;
};
