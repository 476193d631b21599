/*
 * `GET /v1/channels`: the channels of the cluster that have a subscriber, a page at a time. Each node tells its own
 * first ones; what is before the first of them that another one has cut off is complete.
 */

import { z } from "zod";
import type { ChannelsReport } from "../backplane/reports.ts";
import { compareBytes } from "../protocol/channel-name.ts";
import { answers } from "./answers.ts";
import { unreachedOf } from "./connections.ts";
import { channel, count, unreached } from "./schemas.ts";
import type { Api, ApiServices } from "./services.ts";

const most = 100;
const expected = `expected a whole number from 1 to ${most}`;

const query = z.strictObject({
  prefix: z.string().max(255).default("").meta({ description: "How the names begin; all where absent." }),
  limit: z.coerce
    .number(expected)
    .int()
    .min(1)
    .max(most)
    .default(most)
    .meta({ description: `At most so many; ${most} where absent.` }),
  cursor: z.string().max(255).default("").meta({ description: "The page before's `cursor`." }),
});

const page = z
  .object({
    channels: z.array(
      z.object({
        channel,
        subscribers: count.meta({ description: "Connections that are subscribed to it, on all nodes." }),
        nodes: z.array(z.string()).meta({ description: "Those that they are on." }),
      }),
    ),
    cursor: z.string().optional().meta({ description: "Present while channels remain." }),
    unreached,
  })
  .meta({ id: "ChannelPage" });

export function channelRoutes(api: Api, { control }: ApiServices): void {
  api.get(
    "/v1/channels",
    {
      schema: {
        operationId: "listChannels",
        tags: ["Channels"],
        summary: "The channels that have subscribers, on all nodes",
        description: "A node looks through its channels once a second at most, so a page may take as long.",
        querystring: query,
        response: answers("A page of channels, in the order of their bytes.", page),
      },
    },
    async ({ query: { prefix, limit, cursor } }) => {
      const asked = await control.ask("channels", { prefix, after: cursor, limit });
      return { ...pageOf(asked.reports, limit), ...unreachedOf(asked.unreached) };
    },
  );
}

type Page = Pick<z.output<typeof page>, "channels" | "cursor">;

function pageOf(reports: readonly ChannelsReport[], limit: number): Page {
  const found = new Map<string, Page["channels"][number]>();
  for (const { node, channels } of reports) {
    for (const { channel, subscribers } of channels) {
      const known = found.get(channel) ?? { channel, subscribers: 0, nodes: [] };
      found.set(channel, known);
      known.subscribers += subscribers;
      known.nodes.push(node);
    }
  }
  const all = [...found.values()].sort((one, other) => compareBytes(one.channel, other.channel));
  const channels = all.slice(0, limit);
  const last = channels.at(-1);
  const isMore = all.length > limit || reports.some(({ more }) => more);
  return last && isMore ? { channels, cursor: last.channel } : { channels };
}
