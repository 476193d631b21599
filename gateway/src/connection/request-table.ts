/*
 * Which handler an event has, and whether what follows has to wait for it. A new request of the protocol is one row
 * here, one price in `prices.ts`, one schema in `protocol/request-schemas.ts` and one handler.
 */

import { history, publish } from "./handlers/messages.ts";
import { ping } from "./handlers/ping.ts";
import { presence, setAway } from "./handlers/presence.ts";
import { refresh } from "./handlers/refresh.ts";
import { subscribe, unsubscribe } from "./handlers/subscriptions.ts";
import { type RequestName, requestPrices } from "./prices.ts";
import type { Request } from "./request.ts";

/**
 * Those that change what the connection holds are exclusive; publications may overlap each other. Pages wait for each
 * other alone: a publication behind two of them would otherwise wait for Redis three times where it hangs.
 */
const table: Record<RequestName, Omit<Request, "price">> = {
  subscribe: { exclusive: true, handle: subscribe },
  unsubscribe: { exclusive: true, handle: unsubscribe },
  publish: { exclusive: false, handle: publish },
  history: { exclusive: false, reads: true, handle: history },
  presence: { exclusive: false, reads: true, handle: presence },
  refresh: { exclusive: true, handle: refresh },
  away: { exclusive: true, handle: setAway(true) },
  back: { exclusive: true, handle: setAway(false) },
  ping: { exclusive: false, handle: ping },
};

/** The requests that clients may make, by event name. */
export const requests: ReadonlyMap<string, Request> = new Map(
  Object.entries(table).map(([name, row]) => [name, { ...row, price: requestPrices[name as RequestName] }]),
);
