/*
 * What nodes say of themselves and of their connections, declared once. Nodes read it of each other by these schemas, the
 * server API answers with them, and the types of the ports come from them. A member that one version has and the next
 * has not would make every node unreadable during an update, so new ones are optional.
 */

import { z } from "zod";
import { connection, count, milliseconds, presenceState, user } from "../protocol/answer-schemas.ts";

export const connectionInfo = z
  .object({
    connection,
    user,
    node: z.string(),
    since: milliseconds("Unix milliseconds of the connect."),
    state: presenceState,
    address: z.string(),
    agent: z.string().meta({ description: "The handshake's `User-Agent`, or an empty text." }),
  })
  .meta({ id: "Connection" });

export const nodeInfo = z
  .object({
    node: z.string(),
    version: z.string(),
    uptime: z.number().meta({ description: "Seconds." }),
    connections: count,
    subscriptions: count,
    draining: z.boolean(),
  })
  .meta({ id: "Node" });

export type ConnectionInfo = z.infer<typeof connectionInfo>;
export type NodeInfo = z.infer<typeof nodeInfo>;
