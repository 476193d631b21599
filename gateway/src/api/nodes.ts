/*
 * `GET /v1/nodes`: which nodes answer, and how many connections each has. It is for people and scripts; the
 * gateway's own rebalancing asks the backplane.
 */

import { z } from "zod";
import { nodeInfo } from "../backplane/info-schemas.ts";
import { answers } from "./answers.ts";
import type { Api, ApiServices } from "./services.ts";

const nodeList = z.object({ nodes: z.array(nodeInfo) }).meta({ id: "NodeList" });

export function nodeRoutes(api: Api, { control }: ApiServices): void {
  api.get(
    "/v1/nodes",
    {
      schema: {
        operationId: "listNodes",
        tags: ["Nodes"],
        summary: "The nodes of the cluster",
        response: answers("The nodes that answer.", nodeList),
      },
    },
    async () => ({ nodes: await control.nodes() }),
  );
}
