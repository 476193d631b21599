import { of, quantile, rate, sum } from "../expressions.ts";
import { graph } from "../panels.ts";

const asked = "tidegate_hook_calls_total";

/** Whether the backends that are asked answer. */
export const hooks = [
  graph({
    title: "Questions to hooks",
    about: "Questions to backends a second, by hook and kind.",
    unit: "ops",
    series: { "{{hook}} {{kind}}": sum(rate(asked), "hook", "kind") },
  }),
  graph({
    title: "Questions without an answer",
    about:
      "Share of the questions that brought no answer, by hook and why: `open` and `busy` were not asked, the others were in vain. A refusal is an answer.",
    unit: "percentunit",
    max: 1,
    limits: [0.05, 0.5],
    series: {
      "{{hook}} {{outcome}}": `${sum(rate(asked, 'outcome!~"answered|refused"'), "hook", "outcome")} / on (hook) group_left ${sum(rate(asked), "hook")}`,
    },
  }),
  graph({
    title: "Seconds of a question",
    about:
      "From a question's arising to its answer, the wait for a place included: the 99th percentile, by hook and kind.",
    unit: "s",
    series: { "{{hook}} {{kind}}": quantile(0.99, "tidegate_hook_seconds", "hook", "kind") },
  }),
  graph({
    title: "Breakers that are open",
    about: "Nodes that ask a hook no more, since it did not answer, by hook and kind.",
    unit: "short",
    series: { "{{hook}} {{kind}}": sum(of("tidegate_hook_breaker_open"), "hook", "kind") },
  }),
];
