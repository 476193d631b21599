/* The backend's side of what is tried: publishing through the server API, and the state that an app loads first. */

import { callErrorOf, get, post } from "../../api.ts";
import { publicPort } from "../../session.ts";

/** What the phones show. The rules of a start without a file let everybody in. */
export const channels = { chat: "chat:demo", quote: "quote:demo", list: "list:demo" } as const;

export type App = keyof typeof channels;

export interface StoredMessage {
  data: unknown;
  position?: string;
  user?: string;
  time: number;
}

/** @returns the position; undefined on a channel without history */
export async function publish(channel: string, data: unknown): Promise<string | undefined> {
  const { results } = await post<{ results: { position?: string }[] }>("/v1/publish", { channel, data });
  return results[0]?.position;
}

/** The newest messages, the oldest of them first, and where the channel stands; nothing where it keeps none. */
export async function load(channel: string): Promise<{ messages: StoredMessage[]; position?: string }> {
  try {
    const page = await get<{ messages: StoredMessage[]; position: string }>("/v1/history", {
      ...{ channel, reverse: true, limit: 100 },
    });
    return { messages: page.messages.reverse(), position: page.position };
  } catch (thrown) {
    if (["not_found", "unknown_channel"].includes(callErrorOf(thrown).code)) return { messages: [] };
    throw thrown;
  }
}

/** Whether each message of the channel counts: of a value, the newest does, and those before it may be left out. */
export async function isCounted(channel: string): Promise<boolean> {
  const { channel: part } = await post<{ channel: { rule?: { latest: boolean; history?: unknown } } }>(
    "/v1/explain",
    { channel },
  );
  return part.rule?.history !== undefined && !part.rule.latest;
}

export async function tokenFor(user: string): Promise<string> {
  const { token } = await post<{ token: string }>("/v1/tokens", { user, ttl: 3_600, info: { name: user } });
  return token;
}

/** Where the phones connect. */
export function gatewayAddress(): string {
  return `ws://${location.hostname}:${publicPort}`;
}
