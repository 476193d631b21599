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
    ...credentialWarnings(config),
    ...shadowedRules(rules),
    ...openWarnings(config, rules),
    ...pastWarnings(rules),
    ...hookWarnings(hooks, config),
  ];
}

/** Not a fault: a stand-in for WeChat in a private network may speak http. */
function loginWarnings({ production, wechatApps, wechatUrl }: Config): string[] {
  if (!production || wechatApps.length === 0 || isProtected(wechatUrl)) return [];
  return ["TIDEGATE_WECHAT_URL is not https: the secrets of the apps can be read on the way"];
}

const minKeyBytes = 32;
/** What the keys begin with that stand in the files for trying and developing: everybody can read them. */
const published = ["for-trying-only", "for-development-only"];

function credentialWarnings(config: Config): string[] {
  if (!config.production) return [];
  return [...keyWarnings(config), ...audienceWarnings(config)];
}

/** The server API lets whoever has a key do everything, and counts no wrong ones. */
function* keyWarnings({ apiKeys, tokenSecret }: Config): Generator<string> {
  for (const [index, key] of apiKeys.entries()) {
    const bytes = Buffer.byteLength(key);
    if (bytes < minKeyBytes)
      yield `TIDEGATE_API_KEYS: key ${index + 1} has ${bytes} bytes; one of less than ${minKeyBytes} can be guessed`;
  }
  const known = [...apiKeys, ...tokenSecret].some((key) => published.some((start) => key.startsWith(start)));
  if (known) yield "a key is one of those that come with the project, which everybody knows";
}

/** An issuer signs for many services, and the tokens of all of them would be let in (RFC 8725, section 3.9). */
function audienceWarnings({ tokenJwksUrl, tokenAudience, tokenIssuer }: Config): string[] {
  if (tokenJwksUrl === undefined || (tokenAudience !== undefined && tokenIssuer !== undefined)) return [];
  return [
    "TIDEGATE_TOKEN_JWKS_URL is set without TIDEGATE_TOKEN_AUDIENCE and TIDEGATE_TOKEN_ISSUER: tokens that its keys signed for other services are let in",
  ];
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

/** Whoever may subscribe reads the whole past by `since`, whatever `history.read` says. */
function pastWarnings(rules: readonly ChannelRule[]): string[] {
  const wider = rules.filter(isReadByMore).map(({ match }) => match);
  if (wider.length === 0) return [];
  return [
    `the rules let more subscribe to ${wider.join(", ")} than \`history.read\` lets read: whoever subscribes gets the past by \`since\``,
  ];
}

/** From the narrowest audience to the widest; a subscriber is whoever the rule lets subscribe. */
const width = { nobody: 0, token: 1, hook: 1, user: 2, anyone: 3 } as const;

function isReadByMore({ subscribe, history }: ChannelRule): boolean {
  if (!history || history.read === "subscriber") return false;
  return width[subscribe] > width[history.read];
}
