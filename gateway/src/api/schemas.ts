/*
 * Pieces of schemas that several resources share, with the words that the description shows. What clients and backends
 * send alike is in `protocol/request-schemas.ts`, what both are sent in `protocol/answer-schemas.ts`.
 */

import { z } from "zod";
import { type ErrorBody, type ErrorCode, failureKinds } from "../errors.ts";
import { count, milliseconds } from "../protocol/answer-schemas.ts";
import { pageLimit } from "../protocol/request-schemas.ts";

/** What several resources speak of. Each `id` names the schema in `/openapi.json`. */

export { channel, connection, count, milliseconds, position, user } from "../protocol/answer-schemas.ts";

/** `limit` in a query. */
export const limit = z.coerce
  .number(`expected a whole number from 1 to ${pageLimit.most}`)
  .int()
  .min(1)
  .max(pageLimit.most)
  .meta({ description: `At most so many; ${pageLimit.usual} where absent.` });

const codesWithStatus = Object.entries(failureKinds).flatMap(([code, kind]) =>
  "status" in kind ? [`\`${code}\``] : [],
);

export const errorBody = z
  .object({
    // A text, no enum: clients that were generated today have to read the codes of tomorrow.
    code: z.custom<ErrorCode>().meta({
      type: "string",
      description: `One of ${codesWithStatus.join(", ")}; later versions may have more.`,
    }),
    message: z.string(),
    retryable: z.boolean().meta({ description: "The same request may succeed later unchanged." }),
    after: milliseconds("Milliseconds after which a retry makes sense.").exactOptional(),
  })
  .meta({
    id: "Error",
    description: "What went wrong. Programs look at `code`.",
  }) satisfies z.ZodType<ErrorBody>;

export const errorAnswer = z.object({ error: errorBody }).meta({ id: "ErrorAnswer" });

/** Absent where every node answered. */
export const unreached = z
  .array(z.string())
  .optional()
  .meta({ description: "Nodes that did not answer in time, or are of a version without the call." });

/** What a command to connections came to. */
export const reach = z
  .object({
    connections: count.meta({ description: "Connections that the command touched." }),
    unreached: z
      .array(z.string())
      .optional()
      .meta({ description: "Nodes that did not answer in time; it may or may not take effect there." }),
  })
  .meta({ id: "Reach" });

/** Text that is JSON already and is sent as it is; the pages show it as the component that the schema's id names. */
export function writtenAs(schema: z.ZodType) {
  return z.custom<string>().meta({ $ref: `#/components/schemas/${schema.meta()?.id}` });
}
