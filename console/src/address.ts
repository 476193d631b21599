/*
 * Which room is shown, and what of it: the fragment of the page's address, `#/channels/chat%3A42`, so that the browser's
 * back button works and an address can be sent to a colleague. A fragment is never sent to a server.
 */

import { signal } from "@preact/signals";

export const roomNames = ["try", "fleet", "channels", "people", "tokens"] as const;

export type RoomName = (typeof roomNames)[number];

interface Place {
  room: RoomName | undefined;
  /** A channel or a user; empty where none is chosen. */
  detail: string;
}

export const place = signal<Place>({ room: undefined, detail: "" });

/** Follows the address from now on. */
export function followAddress(): void {
  const read = () => {
    place.value = placeOf(location.hash);
  };
  addEventListener("hashchange", read);
  read();
}

export function addressOf(room: RoomName, detail = ""): string {
  return detail === "" ? `#/${room}` : `#/${room}/${encodeURIComponent(detail)}`;
}

export function go(room: RoomName, detail = ""): void {
  location.hash = addressOf(room, detail);
}

/** What cannot be read, since somebody has typed it, is no place. */
function placeOf(hash: string): Place {
  const [, name, detail = ""] = /^#\/(\w+)(?:\/(.*))?$/.exec(hash) ?? [];
  const room = roomNames.find((known) => known === name);
  try {
    return { room, detail: decodeURIComponent(detail) };
  } catch {
    return { room, detail: "" };
  }
}
