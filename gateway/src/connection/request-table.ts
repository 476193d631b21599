/*
 * Which handler an event has, whether what follows has to wait for it, and what it costs. A new request of the
 * protocol is one row here, one schema in `protocol/request-schemas.ts` and one handler.
 */

import { history, publish } from "./handlers/messages.ts";
import { ping } from "./handlers/ping.ts";
import { changesToTell, presence, setAway } from "./handlers/presence.ts";
import { refresh } from "./handlers/refresh.ts";
import { itemsOf, subscribe, unsubscribe } from "./handlers/subscriptions.ts";
import type { Request } from "./request.ts";

/**
 * The requests that clients may make, by event name. Those that read or change what the connection holds are exclusive;
 * publications may overlap each other.
 */
export const requests: ReadonlyMap<string, Request> = new Map(
  Object.entries<Request>({
    subscribe: { exclusive: true, cost: itemsOf, handle: subscribe },
    unsubscribe: { exclusive: true, handle: unsubscribe },
    publish: { exclusive: false, handle: publish },
    history: { exclusive: true, handle: history },
    presence: { exclusive: true, handle: presence },
    refresh: { exclusive: true, handle: refresh },
    away: { exclusive: true, cost: changesToTell(true), handle: setAway(true) },
    back: { exclusive: true, cost: changesToTell(false), handle: setAway(false) },
    ping: { exclusive: false, handle: ping },
  }),
);
