/*
 * The socket of old hosts, whose `connectSocket` returns nothing and whose events are global functions. HostSocket
 * uses it where no task comes back. Without the waiting in here, the close of one socket would end the next one, which
 * shares its events.
 */

import { systemClock, Timer } from "../clock.ts";
import type { CloseOptions, Host, SendOptions, SocketTask } from "./host.ts";

type Listener = (event: unknown) => void;
type Register = (listener: Listener) => void;

/** How long a closed socket may take to say so before the next one is opened regardless. */
const closingPatience = 500;

/**
 * The one socket of a host that returns no task. Its events name no socket, so the listeners are registered
 * once, and the next socket waits until the last one has closed.
 */
export class GlobalSocket implements SocketTask {
  readonly #host: Host;
  readonly #patience = new Timer(systemClock);
  #listeners: { [event: string]: Listener } = {};
  #busy = false;
  #waiting: (() => void) | undefined;

  constructor(host: Host) {
    this.#host = host;
    this.#register("onSocketOpen", "open");
    this.#register("onSocketMessage", "message");
    this.#register("onSocketError", "error");
    this.#register("onSocketClose", "close");
  }

  /** Calls back once no earlier socket can send events any more; only the last caller is called back. */
  whenFree(callback: () => void): void {
    if (!this.#busy) {
      this.#busy = true;
      callback();
      return;
    }
    this.#waiting = callback;
    if (!this.#patience.running) this.#patience.set(closingPatience, () => this.free());
  }

  /** The call that should have opened a socket failed. */
  free(): void {
    this.#patience.clear();
    this.#busy = false;
    this.#listeners = {};
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) this.whenFree(waiting);
  }

  send(options: SendOptions): unknown {
    return this.#call("sendSocketMessage", options);
  }

  close(options: CloseOptions): unknown {
    this.#listeners = {};
    return this.#call("closeSocket", options);
  }

  onOpen(listener: Listener): void {
    this.#listeners.open = listener;
  }

  onMessage(listener: Listener): void {
    this.#listeners.message = listener;
  }

  onError(listener: Listener): void {
    this.#listeners.error = listener;
  }

  onClose(listener: Listener): void {
    this.#listeners.close = listener;
  }

  #register(name: "onSocketOpen" | "onSocketMessage" | "onSocketError" | "onSocketClose", event: string) {
    const register = this.#host[name] as Register | undefined;
    register?.call(this.#host, (value) => {
      // Read before `free`, which forgets the listeners.
      const listener = this.#listeners[event];
      if (event === "close") this.free();
      listener?.(value);
    });
  }

  #call(name: "sendSocketMessage" | "closeSocket", options: SendOptions | CloseOptions): unknown {
    const call = this.#host[name] as ((options: object) => unknown) | undefined;
    return call?.call(this.#host, options);
  }
}
