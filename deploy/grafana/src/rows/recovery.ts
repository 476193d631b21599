import { rate, sum } from "../expressions.ts";
import { graph } from "../panels.ts";

const recoveries = sum(rate("tidegate_recoveries_total"));

/** Whether those who come back find what they missed. */
export const recovery = [
  graph({
    title: "Recovery success",
    about:
      "Share of the subscribes with a position that were continued from it. The rest loads its state anew.",
    unit: "percentunit",
    max: 1,
    limits: [0.99, 0.95],
    series: { continued: `${sum(rate("tidegate_recoveries_total", 'result="recovered"'))} / ${recoveries}` },
  }),
  graph({
    title: "Recoveries by result",
    about:
      "`too_old`: the history no longer reaches back. `reset`: the channel counts anew, since it was unused or Redis lost it.",
    unit: "ops",
    series: { "{{result}}": sum(rate("tidegate_recoveries_total"), "result") },
  }),
  graph({
    title: "Replayed messages",
    about: "Messages that returning clients were given, and how many for each of them.",
    unit: "short",
    series: {
      "a second": sum(rate("tidegate_recovered_messages_total")),
      "for each recovery": `${sum(rate("tidegate_recovered_messages_total"))} / ${recoveries}`,
    },
  }),
  graph({
    title: "Gaps",
    about:
      "Holes in what Redis brought of a channel: `found`, `repaired` from the history, or `lost`, of which clients were told. Found and repaired after a lost connection is as it should be.",
    unit: "ops",
    series: { "{{result}}": sum(rate("tidegate_gaps_total"), "result") },
  }),
];
