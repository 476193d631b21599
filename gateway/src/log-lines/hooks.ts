import type { LogLine } from "./fields.ts";

/** Backends that are asked or told. */
export const hookLines = {
  hook_unanswered: {
    level: "warn",
    message: "A hook gave no answer that counts.",
    fields: ["hook", "question", "cause", "suppressed"],
    action: "See the runbook TidegateHookUnanswered.",
  },
} as const satisfies Record<string, LogLine>;
