/* What is on a phone's screen, made of messages: a chat, a quote and a list that several people change. */

import { preview } from "../../format.ts";
import { type App, channels, type StoredMessage } from "./backend.ts";

export interface Line {
  key: string;
  text: string;
  /** Absent where the backend said it. */
  user: string | undefined;
  time: number;
}

export interface Entry {
  id: string;
  text: string;
  isDone: boolean;
}

export interface Screen {
  chat: readonly Line[];
  quote: { price: number; before: number } | undefined;
  list: readonly Entry[];
}

export const blank: Screen = { chat: [], quote: undefined, list: [] };

/** Lines that a phone keeps. */
const lines = 40;
/** Entries that it keeps. */
const entries = 40;

let lastKey = 0;

/** The screen with one more message on it. Anybody may publish anything there, so nothing of it is relied on. */
export function withMessage(screen: Screen, app: App, message: StoredMessage): Screen {
  const data = Object(message.data) as Record<string, unknown>;
  if (app === "chat") {
    lastKey += 1;
    const text = typeof data.text === "string" ? data.text.slice(0, 500) : preview(message.data);
    const line = { key: String(lastKey), text, user: message.user, time: message.time };
    return { ...screen, chat: [...screen.chat.slice(1 - lines), line] };
  }
  if (app === "quote") {
    const { price } = data;
    if (typeof price !== "number") return screen;
    return { ...screen, quote: { price, before: screen.quote?.price ?? price } };
  }
  return { ...screen, list: changed(screen.list, data) };
}

export function appOf(channel: string): App | undefined {
  return (Object.keys(channels) as App[]).find((app) => channels[app] === channel);
}

/** Each change stands by itself and names its entry, so it does not matter who else changes the list meanwhile. */
function changed(list: readonly Entry[], { op, id, text }: Record<string, unknown>): readonly Entry[] {
  if (typeof id !== "string") return list;
  if (op === "add" && typeof text === "string" && !list.some((entry) => entry.id === id)) {
    return [...list.slice(1 - entries), { id, text: text.slice(0, 200), isDone: false }];
  }
  if (op === "done")
    return list.map((entry) => (entry.id === id ? { ...entry, isDone: !entry.isDone } : entry));
  return op === "remove" ? list.filter((entry) => entry.id !== id) : list;
}
