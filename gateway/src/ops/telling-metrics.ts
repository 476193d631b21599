/* The metrics of backends that are told. Hooks are named by the operator's file, so their names are labels. */

import type { TellingMeter } from "../meter.ts";
import type { Series } from "./series.ts";

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30];

/** Counts and times what backends are told, and measures what waits. */
export function tellingMeter(series: Series): TellingMeter {
  const calls = series.counter(
    "hook_tellings_total",
    "Calls that tell a hook, by hook and outcome: `taken`; `refused`, of single events; `failed`, of the hook.",
    "hook",
    "outcome",
  );
  const events = series.counter("hook_events_total", "Events that a hook has taken.", "hook");
  const seconds = series.histogram(
    "hook_telling_seconds",
    "How long calls took that tell a hook.",
    buckets,
    "hook",
  );
  const dropped = series.counter(
    "hook_events_dropped_total",
    "Events that were let go before a hook had taken them, by hook and reason: `keep`, for want of room; `age`; `redis`, one for each time that Redis may have lost some.",
    "hook",
    "reason",
  );
  const aside = series.counter("hook_events_set_aside_total", "Events that a hook has refused.", "hook");
  const bytes = series.gauge(
    "hook_waiting_bytes",
    "Bytes that all nodes together have to tell a hook.",
    "hook",
  );
  const age = series.gauge(
    "hook_waiting_seconds",
    "Age of the oldest event that a hook has not taken.",
    "hook",
  );
  return {
    tellsHook(hook) {
      for (const outcome of ["taken", "refused", "failed"]) calls.inc({ hook, outcome }, 0);
      for (const reason of ["keep", "age", "redis"]) dropped.inc({ hook, reason }, 0);
      events.inc({ hook }, 0);
      aside.inc({ hook }, 0);
      bytes.set({ hook }, 0);
      age.set({ hook }, 0);
    },
    told(hook, outcome, took, count) {
      calls.inc({ hook, outcome });
      seconds.observe({ hook }, took);
      if (outcome === "taken") events.inc({ hook }, count);
    },
    tidingsDropped: (hook, reason, count) => dropped.inc({ hook, reason }, count),
    setAside: (hook, count) => aside.inc({ hook }, count),
    tidingsWaiting(hook, waiting, seconds) {
      bytes.set({ hook }, waiting);
      age.set({ hook }, seconds);
    },
  };
}
