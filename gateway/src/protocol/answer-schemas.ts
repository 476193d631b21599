/*
 * What clients and backends are both sent, declared once: as schemas, with the words that the description of the server
 * API shows. The types of the protocol, in `events.ts`, and of the ports come from them.
 */

import { z } from "zod";

/** A channel's name as a backend writes it; how long one may be, the rules know. */
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

export const count = z.int().min(0);

/** A time, or a length of time, in milliseconds: clients that are generated have to keep it in 64 bits. */
export function milliseconds(description: string) {
  return z.int().meta({ description, format: "int64" });
}

export const message = z
  .object({
    channel,
    data: z.unknown().meta({ description: 'A binary value in it is `{"_binary": "<base64>"}`.' }),
    position: position.exactOptional(),
    id: z.string().exactOptional(),
    user: z.string().exactOptional().meta({ description: "Absent where a backend published." }),
    time: milliseconds("Unix milliseconds."),
  })
  .meta({ id: "Message" });

export const historyPage = z
  .object({
    position: position.meta({ description: "The channel's newest position." }),
    messages: z.array(message),
    more: z
      .literal(true)
      .exactOptional()
      .meta({ description: "There are more: ask again from the last position." }),
  })
  .meta({ id: "HistoryPage" });

export const presenceState = z.enum(["online", "away"]);

const presenceUser = z
  .object({
    user,
    info: z.unknown().exactOptional().meta({ description: "The `info` of the user's token." }),
    state: presenceState,
    since: milliseconds(
      "Unix milliseconds when the last of the user's connections went away; only with `away`.",
    ).exactOptional(),
    connections: count,
  })
  .meta({ id: "PresentUser" });

export const presencePage = z
  .object({
    total: count.meta({ description: "Users in the channel, on all pages." }),
    users: z.array(presenceUser),
    cursor: z.string().exactOptional().meta({ description: "Present while users remain." }),
  })
  .meta({ id: "PresencePage" });

export type Message = z.infer<typeof message>;
export type HistoryPage = z.infer<typeof historyPage>;
export type PresenceState = z.infer<typeof presenceState>;
export type PresenceUser = z.infer<typeof presenceUser>;
export type PresencePage = z.infer<typeof presencePage>;
