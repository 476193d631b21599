/*
 * Wires the backends that are told: what the backplane has to store for them, and what empties that. Without a hook in the
 * operator's file both do nothing.
 */

import { compilePattern } from "../auth/patterns.ts";
import { openBackplane } from "../backplane/open.ts";
import type { BackplaneHost } from "../backplane/ports.ts";
import type { TidingOptions } from "../backplane/tidings.ts";
import type { TellingHook } from "../config/hooks.ts";
import { Teller } from "../hooks/teller.ts";
import type { Meter } from "../meter.ts";
import { ownerOf, personalChannel } from "../protocol/channel-name.ts";
import { ThrottledLog } from "../throttled-log.ts";
import type { Context } from "./context.ts";

/** What hooks are told, as the backplane takes it. */
function tidingOptions({ config, hooks, settle, limits }: Context): TidingOptions {
  const { pingInterval, pingTimeout } = config;
  return {
    listeners: hooks.telling.map(({ name, tell, keep, channels }) => ({
      name,
      kinds: new Set(tell),
      keep,
      hears: hearing({ channels }),
    })),
    settle,
    connectionsPerUser: limits.connectionsPerUser,
    silence: pingInterval + pingTimeout,
  };
}

/** As for rules: of users' own channels only where the pattern begins so. */
function hearing({ channels }: Pick<TellingHook, "channels">): (channel: string) => boolean {
  const matches = compilePattern(channels);
  const hearsPersonal = channels.startsWith(personalChannel(""));
  return (channel) => matches(channel) && (hearsPersonal || ownerOf(channel) === undefined);
}

interface ToldOptions {
  host: BackplaneHost;
  /** Milliseconds from a token's `iat` in which it may be accepted. */
  tokenLifetime: number;
  meter: Meter;
}

/** Where this node meets the others, which stores what hooks are told; and what empties that. */
export function openTold(context: Context, { host, tokenLifetime, meter }: ToldOptions) {
  const { config, hooks, log, now } = context;
  const tidings = tidingOptions(context);
  const backplane = openBackplane(host, { ...context, tokenLifetime, tidings, meter });
  const teller = new Teller(hooks.telling, {
    streams: backplane.tidings,
    ca: config.hookCa,
    meter,
    log: new ThrottledLog(log),
    now,
  });
  return { backplane, teller };
}
