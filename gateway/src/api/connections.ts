/*
 * What a backend asks of users' connections: to list them, subscribe them, take them out of a channel, end them. Each
 * call is a command to every node; the answer says which nodes did not answer.
 */

import { z } from "zod";
import { connectionInfo } from "../backplane/info-schemas.ts";
import type { CommandResult } from "../backplane/ports.ts";
import { Failure } from "../errors.ts";
import { ownerOf } from "../protocol/channel-name.ts";
import { answers } from "./answers.ts";
import { channel, connection, reach, user } from "./schemas.ts";
import type { Api, ApiServices } from "./services.ts";

const connectionList = reach.extend({ connections: z.array(connectionInfo) }).meta({ id: "ConnectionList" });

const membership = z.strictObject({ user, channel }).meta({ id: "Membership" });

const disconnection = z
  .strictObject({
    user: user.optional(),
    connection: connection.optional(),
    reconnect: z
      .boolean()
      .optional()
      .meta({ description: "Whether the clients should come back; `false` where absent." }),
  })
  .refine(
    (body) => (body.user === undefined) !== (body.connection === undefined),
    "expected exactly one of `user` and `connection`",
  )
  .meta({
    id: "Disconnection",
    description: "All connections of a user, or one: exactly one of the two.",
  });

/** How many connections a command touched, and the nodes of which that is not known. */
export function reachOf({ connections, unreached }: CommandResult) {
  return { connections: connections.length, ...unreachedOf(unreached) };
}

/** Absent where every node answered, so that a caller has only to look whether it is there. */
export function unreachedOf(unreached: string[]) {
  return unreached.length > 0 ? { unreached } : {};
}

export function connectionRoutes(api: Api, services: ApiServices): void {
  const { control } = services;
  api.get(
    "/v1/connections",
    {
      schema: {
        operationId: "listConnections",
        tags: ["Connections"],
        summary: "A user's connections, on all nodes",
        querystring: z.strictObject({ user }),
        response: answers("The connections that are open now.", connectionList),
      },
    },
    async ({ query }) => {
      const { connections, unreached } = await control.send({ kind: "connections", user: query.user });
      return { connections, ...unreachedOf(unreached) };
    },
  );
  membershipRoute(api, services, "subscribe", "Subscribe a user's connections to a channel");
  membershipRoute(api, services, "unsubscribe", "Take a user's connections out of a channel");
  disconnectRoute(api, services);
}

/**
 * `subscribe` and `unsubscribe` differ in the command alone. The channel needs a rule, and no permission; only a user's
 * own channel stays closed to others.
 */
function membershipRoute(
  api: Api,
  { control, rules }: ApiServices,
  kind: "subscribe" | "unsubscribe",
  summary: string,
): void {
  api.post(
    `/v1/${kind}`,
    {
      schema: {
        operationId: kind,
        tags: ["Connections"],
        summary,
        description: "It applies to the connections of this moment, not to later ones.",
        body: membership,
        response: answers("How many connections it touched.", reach, ["unknown_channel", "forbidden"]),
      },
    },
    async ({ body: { user, channel } }) => {
      rules.policyOf(channel);
      const owner = ownerOf(channel);
      if (owner !== undefined && owner !== user) {
        throw new Failure("forbidden", "A user's own channel is readable by nobody else.");
      }
      return reachOf(await control.send({ kind, user, channel }));
    },
  );
}

/** Ends connections without touching their tokens; `revoke` does both. */
function disconnectRoute(api: Api, { control }: ApiServices): void {
  api.post(
    "/v1/disconnect",
    {
      schema: {
        operationId: "disconnect",
        tags: ["Connections"],
        summary: "End connections",
        description: "The tokens stay valid: without `revoke`, nothing keeps the clients from coming back.",
        body: disconnection,
        response: answers("How many connections it touched.", reach),
      },
    },
    async ({ body: { user, connection = "", reconnect = false } }) => {
      const target = user === undefined ? { connection } : { user };
      return reachOf(await control.send({ kind: "disconnect", target, reconnect }));
    },
  );
}
