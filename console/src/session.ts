/*
 * The key, and whether the node can be reached. The key is kept for as long as the tab, sent in a header, and stands in
 * no address: the fragment that development's banner prints is taken out before anything is shown.
 */

import { signal } from "@preact/signals";

const storedAs = "tidegate-key";

export const key = signal(sessionStorage.getItem(storedAs) ?? "");

/**
 * - `ok`: the last call was answered
 * - `refused`: the node does not accept the key, as after a start with other keys
 * - `unreachable`: no answer came
 */
export const link = signal<"ok" | "refused" | "unreachable">("ok");

/** The public port of a node in development, where clients can be tried out; undefined elsewhere. */
export const publicPort = readPublicPort();

export function setKey(given: string): void {
  key.value = given;
  link.value = "ok";
  sessionStorage.setItem(storedAs, given);
}

export function forgetKey(): void {
  key.value = "";
  link.value = "ok";
  sessionStorage.removeItem(storedAs);
}

/** Before the address is followed. The entry in the browser's history is replaced with it. */
export function takeKeyFromAddress(): void {
  const [, given] = /^#key=(.+)$/.exec(location.hash) ?? [];
  if (given === undefined) return;
  history.replaceState(null, "", location.pathname);
  setKey(given);
}

function readPublicPort(): number | undefined {
  const text = document.querySelector('meta[name="tidegate-port"]')?.getAttribute("content");
  return text ? Number(text) : undefined;
}
