import type { Control, ControlTarget } from "../../src/backplane/ports.ts";
import { type Figures, type ReportKind, type Reports, seriesNames } from "../../src/backplane/reports.ts";

const node = "node-a";

const nothing: Reports = {
  channels: { node, channels: [], more: false },
  stats: {
    ...{ node, version: "0.0.0", uptime: 0, connections: 0, subscriptions: 0, draining: false },
    ...{ capacity: 0, memoryLimit: 0, channels: 0, at: 0, step: 5_000 },
    series: Object.fromEntries(seriesNames.map((name) => [name, []])) as unknown as Figures["series"],
  },
};

/** Of a node with nothing to tell. */
export const noReports: Pick<ControlTarget, "report"> = {
  report: async <Kind extends ReportKind>(kind: Kind) => nothing[kind],
};

/** Of a cluster of such nodes. */
export const noQuestions: Pick<Control, "ask"> = {
  ask: async <Kind extends ReportKind>(kind: Kind) => ({ reports: [nothing[kind]], unreached: [] }),
};
