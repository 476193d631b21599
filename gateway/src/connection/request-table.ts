/*
 * Which handler an event has, and whether what follows has to wait for it. A new request of the protocol is one row
 * here, one price in `prices.ts`, one schema in `protocol/request-schemas.ts` and one handler.
 */

import type { Backend } from "../hooks/ports.ts";
import { backendRequest } from "./handlers/backend.ts";
import { history } from "./handlers/history.ts";
import { ping } from "./handlers/ping.ts";
import { presence, setAway } from "./handlers/presence.ts";
import { publish, publishQuestion } from "./handlers/publish.ts";
import { refresh } from "./handlers/refresh.ts";
import { subscribe, subscribeQuestion, unsubscribe } from "./handlers/subscriptions.ts";
import { type RequestName, requestPrices } from "./prices.ts";
import type { Request, Unhandled } from "./request.ts";

/**
 * Those that change what the connection holds are exclusive; publications may overlap each other. Pages wait for each
 * other alone: a publication behind two of them would otherwise wait for Redis three times where it hangs.
 */
const table: Record<RequestName, Omit<Request, "price">> = {
  subscribe: { exclusive: true, channels: channelsOf, question: subscribeQuestion, handle: subscribe },
  unsubscribe: { exclusive: true, channels: channelsOf, handle: unsubscribe },
  publish: { exclusive: false, channels: channelsOf, question: publishQuestion, handle: publish },
  history: { exclusive: false, reads: true, channels: channelsOf, handle: history },
  presence: { exclusive: false, reads: true, channels: channelsOf, handle: presence },
  refresh: { exclusive: true, handle: refresh },
  away: { exclusive: true, handle: setAway(true) },
  back: { exclusive: true, handle: setAway(false) },
  ping: { exclusive: false, handle: ping },
};

/** The requests that clients may make, by event name. */
export const requests: ReadonlyMap<string, Request> = new Map(
  Object.entries(table).map(([name, row]) => [name, { ...row, price: requestPrices[name as RequestName] }]),
);

/** What the protocol does not name is a backend's, where one is asked. */
export function unnamedRequest(backend: Pick<Backend, "asks"> | undefined): Request | Unhandled {
  const price = requestPrices.other;
  return backend?.asks("request") ? { ...backendRequest, price } : { price };
}

/** The channels that a payload names, whether it is valid or not. */
function channelsOf(payload: unknown): string[] {
  const items: unknown[] = Array.isArray(payload) ? payload : [payload];
  return items.flatMap((item) => {
    const { channel } = Object(item) as { channel?: unknown };
    return typeof channel === "string" ? channel : [];
  });
}
