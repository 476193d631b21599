import { describe, expect, it } from "vitest";
import { noReports } from "../support/reports.ts";
import { reports, serve } from "./harness.ts";

/** A cluster of these nodes, which records what it is asked. */
function cluster(nodes: readonly string[], unreached: string[] = []) {
  const asked: unknown[] = [];
  const ask = async (kind: string, about: unknown) => {
    asked.push([kind, about]);
    return { reports: nodes.map((node) => ({ ...reports.stats, node })), unreached };
  };
  const control = {
    ...noReports,
    send: async () => ({ connections: [], unreached }),
    nodes: async () => [],
    ask,
  };
  return { asked, control: control as never };
}

describe("the stats", () => {
  it("are those of all nodes, by their names", async () => {
    const { control, asked } = cluster(["n2", "n10", "n1"]);
    const { call } = await serve({ control });
    const { status, json } = await call("GET", "/v1/stats");
    expect(status).toBe(200);
    expect(json).toEqual({ nodes: ["n1", "n10", "n2"].map((node) => ({ ...reports.stats, node })) });
    expect(asked).toEqual([["stats", { since: 0 }]]);
  });

  it("are asked for since a time, and told with the nodes that did not answer", async () => {
    const { control, asked } = cluster([], ["n2"]);
    const { call } = await serve({ control });
    expect((await call("GET", "/v1/stats?since=1700000000000")).json).toEqual({
      nodes: [],
      unreached: ["n2"],
    });
    expect(asked).toEqual([["stats", { since: 1_700_000_000_000 }]]);
  });

  it.each(["since=-1", "since=x", "until=1"])("are refused with %s", async (query) => {
    const { call } = await serve();
    expect((await call("GET", `/v1/stats?${query}`)).json).toMatchObject({ error: { code: "bad_request" } });
  });
});
