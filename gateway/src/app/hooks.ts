/*
 * Wires the backends that are asked. Without a hook in the operator's file nothing of it is there.
 */

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
