import type { LogLine } from "./fields.ts";

/** Backends that are asked or told. */
export const hookLines = {
  hook_unanswered: {
    level: "warn",
    message: "A hook gave no answer that counts.",
    fields: ["hook", "question", "cause", "suppressed"],
    action: "See the runbook TidegateHookUnanswered.",
  },
  hook_not_told: {
    level: "warn",
    message: "A hook did not take what it was told; it is told again.",
    fields: ["hook", "cause", "suppressed"],
    action: "See the runbook TidegateHookNotTold.",
  },
  tidings_not_read: {
    level: "warn",
    message: "What a hook is to be told could not be read from Redis.",
    fields: ["cause", "suppressed"],
    action: "See the runbook TidegateRedisUnavailable.",
  },
} as const satisfies Record<string, LogLine>;
