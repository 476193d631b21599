/*
 * Wires the backends that are asked. Without a hook in the operator's file nothing of it is there.
 */

import { identityOf } from "../auth/authenticator.ts";
import { HookLogin } from "../auth/hook-login.ts";
import type { Tokens } from "../auth/token.ts";
import type { Verifier } from "../auth/verifier.ts";
import { HookBackend } from "../hooks/backend.ts";
import type { HookMeter } from "../meter.ts";
import { ThrottledLog } from "../throttled-log.ts";
import type { Context } from "./context.ts";

/** @returns undefined where no hook is asked anything */
export function createBackend(
  { config, hooks, log, now }: Context,
  meter: HookMeter,
): HookBackend | undefined {
  if (hooks.asking.length === 0) return undefined;
  const { nodeId: node, hookCa: ca } = config;
  return new HookBackend(hooks.asking, { node, ca, meter, log: new ThrottledLog(log), now });
}

interface HookLoginParts {
  tokens: Tokens;
  verifier: Verifier;
  backend: HookBackend | undefined;
}

/** Lets in whom a backend knows, where one is asked. */
export function openHookLogin({ config, now }: Context, options: HookLoginParts): HookLogin | undefined {
  const { tokens, verifier, backend } = options;
  if (!backend?.asks("connect")) return undefined;
  return new HookLogin({
    ask: (question) => backend.connect(question),
    tokens,
    verify: async (token) => identityOf(await verifier.verify(token)),
    maxLifetime: config.tokenMaxLifetime,
    now,
  });
}
