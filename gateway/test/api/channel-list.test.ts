import { describe, expect, it } from "vitest";
import type { ChannelsReport, Questions } from "../../src/backplane/reports.ts";
import { ChannelList } from "../../src/channels/channel-list.ts";
import { noReports } from "../support/reports.ts";
import { serve } from "./harness.ts";

/** Names whose bytes have another order than their UTF-16: U+FF5E comes before an emoji. */
const names = ["chat:1", "chat:10", "chat:2", "quote:\uff5e", "quote:😀", "user:ann"];

/** A cluster of nodes with these channels, each with so many subscribers. */
async function cluster(nodes: Record<string, Record<string, number>>, unreached: string[] = []) {
  const ask = async (_kind: string, about: Questions["channels"]) => {
    const reports = Object.entries(nodes).map(async ([node, channels]): Promise<ChannelsReport> => {
      const counts = Object.entries(channels).map(([channel, subscribers]) => ({ channel, subscribers }));
      return { node, ...(await new ChannelList(() => counts).page(about)) };
    });
    return { reports: await Promise.all(reports), unreached };
  };
  const control = {
    ...noReports,
    send: async () => ({ connections: [], unreached }),
    nodes: async () => [],
    ask,
  };
  return serve({ control: control as never });
}

/** All pages, as whoever walks through them has them. */
async function walk(server: Awaited<ReturnType<typeof serve>>, query: string): Promise<string[]> {
  const found: string[] = [];
  for (let cursor = ""; ; ) {
    const { status, json } = await server.call(
      "GET",
      `/v1/channels?${query}&cursor=${encodeURIComponent(cursor)}`,
    );
    expect(status).toBe(200);
    const page = json as { channels: { channel: string }[]; cursor?: string };
    found.push(...page.channels.map(({ channel }) => channel));
    if (page.cursor === undefined) return found;
    cursor = page.cursor;
  }
}

describe("the channels", () => {
  it("of all nodes are one list, with the subscribers of all", async () => {
    const { call } = await cluster({ n1: { "chat:1": 2, "chat:3": 1 }, n2: { "chat:1": 3, "chat:2": 1 } });
    expect((await call("GET", "/v1/channels")).json).toEqual({
      channels: [
        { channel: "chat:1", subscribers: 5, nodes: ["n1", "n2"] },
        { channel: "chat:2", subscribers: 1, nodes: ["n2"] },
        { channel: "chat:3", subscribers: 1, nodes: ["n1"] },
      ],
    });
  });

  it.each([1, 2, 3, 100])("come once each and in the order of their bytes, %i on a page", async (limit) => {
    const halves: Record<string, Record<string, number>> = { n1: {}, n2: {}, n3: {} };
    for (const [index, name] of [...names].reverse().entries()) {
      halves[`n${(index % 3) + 1}`] = { ...halves[`n${(index % 3) + 1}`], [name]: 1, "chat:2": 1 };
    }
    const server = await cluster(halves);
    expect(await walk(server, `limit=${limit}`)).toEqual(names);
  });

  it("are searched by how they begin", async () => {
    const server = await cluster({ n1: Object.fromEntries(names.map((name) => [name, 1])) });
    expect(await walk(server, "limit=1&prefix=chat%3A1")).toEqual(["chat:1", "chat:10"]);
    expect(await walk(server, "prefix=nobody")).toEqual([]);
  });

  it("are told with the nodes that did not answer", async () => {
    const { call } = await cluster({ n1: {} }, ["n2"]);
    expect((await call("GET", "/v1/channels")).json).toEqual({ channels: [], unreached: ["n2"] });
  });

  it.each(["limit=0", "limit=101", "limit=x", "page=2", "prefix=a&prefix=b"])(
    "are refused with %s",
    async (query) => {
      const { call } = await cluster({ n1: {} });
      expect((await call("GET", `/v1/channels?${query}`)).json).toMatchObject({
        error: { code: "bad_request" },
      });
    },
  );
});
