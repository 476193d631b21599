import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Command, ConnectionInfo, ControlTarget, NodeInfo } from "../../src/backplane/ports.ts";
import type { Questions, ReportKind, Reports } from "../../src/backplane/reports.ts";
import { Failure } from "../../src/errors.ts";
import { type MakeHarness, useHarness } from "./harness.ts";

const connection: ConnectionInfo = {
  connection: "c1",
  user: "ann",
  node: "node-a",
  since: 1_700_000_000_000,
  state: "online",
  address: "192.0.2.1",
  agent: "",
};

const node: NodeInfo = {
  node: "node-a",
  version: "1.2.3",
  uptime: 12,
  connections: 3,
  subscriptions: 4,
  draining: false,
};

const reports: Reports = {
  channels: { node: "node-a", channels: [{ channel: "chat:1", subscribers: 2 }], more: true },
  stats: {
    ...node,
    capacity: 50_000,
    memoryLimit: 2 ** 31,
    channels: 3,
    obstacle: "draining",
    redis: { up: true, lag: 0.001 },
    at: 1_700_000_000_000,
    step: 5_000,
    series: {
      connections: [1, null],
      published: [0, 2],
      delivered: [0, 4],
      publishP50: [null, 0.3],
      publishP99: [null, 1.2],
      loopDelay: [1, 2],
      loopBusy: [3, 4],
      memory: [90, 91],
      dropped: [0, 0],
    },
  },
};

const questions: { [Kind in ReportKind]: Questions[Kind] } = {
  channels: { prefix: "chat:", after: "", limit: 10 },
  stats: { since: 1_700_000_000_000 },
};

const commands: Command[] = [
  { kind: "connections", user: "ann" },
  { kind: "subscribe", user: "ann", channel: "room" },
  { kind: "unsubscribe", user: "ann", channel: "room" },
  { kind: "disconnect", target: { user: "ann" }, reconnect: true },
  { kind: "disconnect", target: { connection: "c1" }, reconnect: false },
  { kind: "revoke", user: "__proto__", before: 1_700_000_000 },
];

/** What every Control does for the node that it runs on. */
export function controlContract(name: string, makeHarness: MakeHarness): void {
  describe(`${name}: control`, () => {
    const executed: Command[] = [];
    const asked: unknown[] = [];
    const target: ControlTarget = {
      execute: async (command) => {
        executed.push(command);
        return { connections: [connection] };
      },
      report: async (kind, about) => {
        asked.push([kind, about]);
        return reports[kind];
      },
      describe: () => node,
    };
    const harness = useHarness(makeHarness, target);
    beforeEach(() => {
      executed.length = 0;
      asked.length = 0;
    });

    it.each(commands)("has the own node execute $kind once and returns its reply", async (command) => {
      const result = await harness().backplane.control.send(command);
      expect(executed).toEqual([command]);
      expect(result).toEqual({ connections: [connection], unreached: [] });
    });

    it.each(["channels", "stats"] as const)("asks the own node for %s once", async (kind) => {
      const result = await harness().backplane.control.ask(kind, questions[kind] as never);
      expect(asked).toEqual([[kind, questions[kind]]]);
      expect(result).toEqual({ reports: [reports[kind]], unreached: [] });
    });

    it("lists the own node", async () => {
      expect(await harness().backplane.control.nodes()).toEqual([node]);
    });

    it("may write what this version reads", async () => {
      await vi.waitFor(() => expect(harness().backplane.understoodByAll("publication", 1)).toBe(true), 5_000);
      expect(harness().backplane.understoodByAll("command", "revoke")).toBe(true);
    });

    it("is healthy", () => {
      expect(harness().backplane.healthy()).toBe(true);
    });
  });

  describe(`${name}: control of a node that fails`, () => {
    const target: ControlTarget = {
      execute: async () => {
        throw new Failure("bad_request");
      },
      report: async () => {
        throw new Failure("unavailable");
      },
      describe: () => node,
    };
    const harness = useHarness(makeHarness, target);

    it("passes the own node's failure on", async () => {
      const sent = harness().backplane.control.send({ kind: "connections", user: "ann" });
      await expect(sent).rejects.toMatchObject({ code: "bad_request" });
      const asked = harness().backplane.control.ask("stats", { since: 0 });
      await expect(asked).rejects.toMatchObject({ code: "unavailable" });
    });
  });
}
