/*
 * Takes from Socket.IO's objects of a connection what it will not need, or not before it is used. They are made with a
 * map for each thing that a connection could have many of, and there are tens of thousands of them. What Socket.IO
 * reads of them stays as it is.
 */

import type { Socket } from "socket.io";

/** A map that is made with its first entry. */
class LateMap<Key, Value> {
  #map: Map<Key, Value> | undefined;

  get size(): number {
    return this.#map?.size ?? 0;
  }

  get(key: Key): Value | undefined {
    return this.#map?.get(key);
  }

  has(key: Key): boolean {
    return this.#map?.has(key) ?? false;
  }

  set(key: Key, value: Value): this {
    this.#map ??= new Map();
    this.#map.set(key, value);
    return this;
  }

  delete(key: Key): boolean {
    return this.#map?.delete(key) ?? false;
  }
}

/** What a client of one namespace has of it: an entry, until that is taken away. */
class OnlyEntry<Value> {
  readonly #key: string;
  #value: Value | undefined;

  constructor(key: string, value: Value) {
    this.#key = key;
    this.#value = value;
  }

  get size(): number {
    return this.#value === undefined ? 0 : 1;
  }

  get(key: string): Value | undefined {
    return key === this.#key ? this.#value : undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  delete(key: string): boolean {
    const had = this.has(key);
    if (had) this.#value = undefined;
    return had;
  }

  clear(): void {
    this.#value = undefined;
  }

  *values(): Generator<Value> {
    if (this.#value !== undefined) yield this.#value;
  }
}

const handshake = Object.freeze({
  headers: {},
  time: "",
  address: "",
  xdomain: false,
  secure: false,
  issued: 0,
  url: "",
  query: {},
  auth: {},
});

/**
 * Of a socket that has just connected, in the event of it: Socket.IO has noted it in its client by then.
 *
 * @param listeners called with each event, as `onAny` has it; they are the same for all sockets
 */
export function makeLean(socket: Socket, listeners: readonly unknown[]): void {
  Object.assign(socket, { handshake, acks: new LateMap(), _anyListeners: listeners });
  Object.assign(socket.client, {
    sockets: new OnlyEntry(socket.id, socket),
    nsps: new OnlyEntry(socket.nsp.name, socket),
  });
}
