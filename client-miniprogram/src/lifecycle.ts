/*
 * Listens to what the host reports of the app: hidden, shown, network. Tide calls it once. Without it a client would
 * learn of a socket that died in the background by its own timers alone, which do not run there.
 */

import type { Host } from "./transports/host.ts";

export interface LifecycleEvents {
  hide(): void;
  show(): void;
  network(connected: boolean): void;
}

type Events = "AppShow" | "AppHide" | "NetworkStatusChange";
type Register = (listener: (event: { isConnected: boolean }) => void) => void;

/**
 * Reports when the app goes to the background and returns, and when its network changes, as far as the host reports it;
 * plugins learn of the network only.
 *
 * @returns a function that ends it
 */
export function watchLifecycle(host: Host | undefined, events: LifecycleEvents): () => void {
  let watching = true;
  const stops: (() => void)[] = [];
  const watch = (name: Events, listener: (event: { isConnected: boolean }) => void) => {
    // Where the host cannot take a listener off, it stays and does nothing.
    const guarded = (event: { isConnected: boolean }) => {
      if (watching) listener(event);
    };
    const on = host?.[`on${name}`] as Register | undefined;
    // As a method, since hosts may use `this`.
    on?.call(host, guarded);
    stops.push(() => (host?.[`off${name}`] as Register | undefined)?.call(host, guarded));
  };
  watch("AppShow", () => events.show());
  watch("AppHide", () => events.hide());
  watch("NetworkStatusChange", (event) => events.network(event.isConnected));
  return () => {
    watching = false;
    for (const stop of stops) stop();
  };
}
