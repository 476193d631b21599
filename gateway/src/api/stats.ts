/*
 * `GET /v1/stats`: how each node does, with its last 15 minutes, so that whoever begins to watch sees curves at once.
 * Prometheus has the same for longer; this needs none.
 */

import { z } from "zod";
import type { seriesNames } from "../backplane/reports.ts";
import { answers } from "./answers.ts";
import { unreachedOf } from "./connections.ts";
import { count, milliseconds, unreached } from "./schemas.ts";
import type { Api, ApiServices } from "./services.ts";

const series = (description: string) => z.array(z.number().nullable()).meta({ description });

const nodeStats = z
  .object({
    node: z.string(),
    version: z.string(),
    uptime: z.number().meta({ description: "Seconds." }),
    connections: count,
    subscriptions: count,
    draining: z.boolean(),
    capacity: count.meta({ description: "Connections that it is sized for." }),
    memoryLimit: count.meta({ description: "Bytes that its process may have." }),
    channels: count.meta({ description: "Channels with a subscriber on it." }),
    obstacle: z.string().optional().meta({ description: "Why it is not ready, as an error code." }),
    redis: z
      .object({ up: z.boolean(), lag: z.number().meta({ description: "Seconds of its last answer." }) })
      .optional()
      .meta({ description: "Absent where the node is alone and has no Redis." }),
    at: milliseconds("Unix milliseconds of the first values."),
    step: milliseconds("Milliseconds between two values."),
    series: z
      .object({
        connections: series("Open at the end of the step."),
        published: series("Publications that were accepted in the step."),
        delivered: series("Messages that were written to connections in the step."),
        publishP50: series("Milliseconds to the acknowledgement of a publication, the median."),
        publishP99: series("The same, of the slowest hundredth."),
        loopDelay: series("Milliseconds by which timers ran late, of the slowest hundredth in 30 to 60 s."),
        loopBusy: series("Percent of the step in which the event loop had something to do."),
        memory: series("MiB that the process has."),
        dropped: series("Slow consumers that were closed, and holes that clients were told of, in the step."),
      } satisfies Record<(typeof seriesNames)[number], z.ZodType>)
      .meta({ description: "Null stands where there is no value." }),
  })
  .meta({ id: "NodeStats" });

const stats = z.object({ nodes: z.array(nodeStats), unreached }).meta({ id: "Stats" });

const query = z.strictObject({
  since: z.coerce
    .number("expected Unix milliseconds")
    .min(0)
    .default(0)
    .meta({ description: "Unix milliseconds: only values after it; of the last 15 minutes where absent." }),
});

export function statsRoutes(api: Api, { control }: ApiServices): void {
  api.get(
    "/v1/stats",
    {
      schema: {
        operationId: "readStats",
        tags: ["Nodes"],
        summary: "How the nodes do, and did for the last 15 minutes",
        querystring: query,
        response: answers("The nodes that answer.", stats),
      },
    },
    async ({ query: { since } }) => {
      const asked = await control.ask("stats", { since });
      const nodes = asked.reports.sort((one, other) => (one.node < other.node ? -1 : 1));
      return { nodes, ...unreachedOf(asked.unreached) };
    },
  );
}
