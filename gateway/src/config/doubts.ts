/*
 * What is allowed, and probably not meant: an operator who has written it hears of it when the node starts. Without it a
 * node would run for months with a door open that everybody believes closed.
 */

import { isProtected } from "./addresses.ts";
import { hookWarnings } from "./hook-faults.ts";
import type { Hooks } from "./hooks.ts";
import type { ChannelRule } from "./rules.ts";
import type { Config } from "./schema.ts";
import { shadowedRules } from "./shadowed-rules.ts";

/** @returns a sentence for each */
export function doubtsOf(config: Config, rules: readonly ChannelRule[], hooks: Hooks): string[] {
  return [
    ...loginWarnings(config),
    ...shadowedRules(rules),
    ...openWarnings(config, rules),
    ...hookWarnings(hooks, config),
  ];
}

/** Not a fault: a stand-in for WeChat in a private network may speak http. */
function loginWarnings({ production, wechatApps, wechatUrl }: Config): string[] {
  if (!production || wechatApps.length === 0 || isProtected(wechatUrl)) return [];
  return ["TIDEGATE_WECHAT_URL is not https: the secrets of the apps can be read on the way"];
}

/** At `/ws` a URL is all that it takes to subscribe and to write, and anybody can pass it on. */
function openWarnings({ production, anonymous }: Config, rules: readonly ChannelRule[]): string[] {
  const isOpen = ({ subscribe, publish }: ChannelRule): boolean =>
    publish === "anyone" || (publish === "subscriber" && subscribe === "anyone");
  const open = rules.filter(isOpen).map(({ match }) => match);
  if (!production || !anonymous || open.length === 0) return [];
  return [
    `TIDEGATE_ANONYMOUS is true and the rules let anyone publish to ${open.join(", ")}: the whole internet may write there`,
  ];
}
