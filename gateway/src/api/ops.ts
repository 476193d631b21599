/*
 * Liveness, readiness and metrics, which the platform asks without a key. They are on the admin port only, which
 * clients must not reach.
 */

import { z } from "zod";
import { answer } from "./answers.ts";
import { sendFailure } from "./errors.ts";
import { errorAnswer } from "./schemas.ts";
import type { Api, ApiServices } from "./services.ts";

/** What asks these is the platform, without a key. */
const open = { tags: ["Operation"], security: [] };

export function opsRoutes(api: Api, { metrics, ready }: ApiServices): void {
  const live = answer("The process runs.", z.object({ status: z.literal("live") }));
  api.get(
    "/livez",
    {
      schema: { ...open, operationId: "live", summary: "Whether the process runs", response: { 200: live } },
    },
    async () => ({ status: "live" as const }),
  );
  const readyAnswers = {
    200: answer("Ready.", z.object({ status: z.literal("ready") })),
    503: answer("Not ready, and why.", errorAnswer),
  };
  api.get(
    "/readyz",
    {
      schema: {
        ...open,
        operationId: "ready",
        summary: "Whether the node takes connections",
        response: readyAnswers,
      },
    },
    async (_request, reply) => {
      const obstacle = ready();
      return obstacle ? sendFailure(reply, obstacle) : { status: "ready" as const };
    },
  );
  metricsRoute(api, metrics);
}

/** The text is made at each scrape: nothing counts on a timer for it. */
function metricsRoute(api: Api, metrics: ApiServices["metrics"]): void {
  const text = { description: "Prometheus' text format.", content: { "text/plain": { schema: z.string() } } };
  api.get(
    "/metrics",
    { schema: { ...open, operationId: "metrics", summary: "Metrics", response: { 200: text } } },
    async (_request, reply) => {
      const { contentType, text } = await metrics();
      return reply.type(contentType).send(text);
    },
  );
}
