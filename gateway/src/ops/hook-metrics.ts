/* The metrics of backends that are asked, and told. Hooks are named by the operator's file, so their names are labels. */

import type { HookMeter, QuestionOutcome, TellingMeter } from "../meter.ts";
import type { Series } from "./series.ts";
import { tellingMeter } from "./telling-metrics.ts";

const buckets = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const outcomes: QuestionOutcome[] = [
  "answered",
  "refused",
  "open",
  "busy",
  "timeout",
  "unreachable",
  "ended",
  "too_large",
  "status",
  "malformed",
];

/** Counts and times what backends are asked, and told. */
export function hookMeter(series: Series): HookMeter & TellingMeter {
  const calls = series.counter(
    "hook_calls_total",
    "Questions to backends, by hook, kind and outcome: `answered` and `refused` are answers; `open` and `busy` were not asked, since the breaker was open or too many waited; of the others there was no answer that counts.",
    "hook",
    "kind",
    "outcome",
  );
  const seconds = series.histogram(
    "hook_seconds",
    "From a question's arising to its answer, the wait for a place included, by hook and kind.",
    buckets,
    "hook",
    "kind",
  );
  const open = series.gauge(
    "hook_breaker_open",
    "Whether this node asks a hook no more, since it did not answer, by hook and kind: 1 or 0.",
    "hook",
    "kind",
  );
  return {
    ...tellingMeter(series),
    asksHook(hook, kind) {
      for (const outcome of outcomes) calls.inc({ hook, kind, outcome }, 0);
      open.set({ hook, kind }, 0);
    },
    asked(hook, kind, outcome, took) {
      calls.inc({ hook, kind, outcome });
      if (outcome !== "open" && outcome !== "busy") seconds.observe({ hook, kind }, took);
    },
    breaker: (hook, kind, isOpen) => open.set({ hook, kind }, isOpen ? 1 : 0),
  };
}
