/*
 * Pieces of schemas that several resources share, with the words that the description shows. What clients and backends
 * send alike is in `protocol/request-schemas.ts`.
 */

import { z } from "zod";
import { type ErrorCode, failureKinds } from "../errors.ts";
import { pageLimit } from "../protocol/request-schemas.ts";

/** What several resources speak of. Each `id` names the schema in `/openapi.json`. */

export const channel = z
  .string()
  .min(1)
  .meta({ description: "A channel's name: 1 to 255 bytes of UTF-8 without spaces.", examples: ["chat:42"] });

export const user = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: "A user's id: the `sub` of its tokens.", examples: ["ann"] });

export const connection = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: "A connection's id, as `welcome` and `GET /v1/connections` tell it." });

export const position = z
  .string()
  .max(128)
  .meta({ description: "`epoch:offset`.", examples: ["0c21f7a9-8d1e44b2:17"] });

/** `limit` in a query. */
export const limit = z.coerce
  .number(`expected a whole number from 1 to ${pageLimit.most}`)
  .int()
  .min(1)
  .max(pageLimit.most)
  .meta({ description: `At most so many; ${pageLimit.usual} where absent.` });

export const count = z.int().min(0);

const codesWithStatus = (Object.keys(failureKinds) as ErrorCode[]).filter(
  (code) => "status" in failureKinds[code],
);

export const errorBody = z
  .object({
    code: z.enum(codesWithStatus),
    message: z.string(),
    retryable: z.boolean().meta({ description: "The same request may succeed later unchanged." }),
    after: z.number().optional().meta({ description: "Milliseconds after which a retry makes sense." }),
  })
  .meta({ id: "Error", description: "What went wrong. Programs look at `code`." });

export const errorAnswer = z.object({ error: errorBody }).meta({ id: "ErrorAnswer" });

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

/** Text that is JSON already and is sent as it is; the pages show it as the component of that name. */
export function writtenAs(component: string) {
  return z.custom<string>().meta({ $ref: `#/components/schemas/${component}` });
}
