/**
 * What the gateway keeps in a socket's `data`, Socket.IO's own place for it. The value is private: Socket.IO copies
 * the enumerable members of `data` to every node that fetches sockets, and an identity must not go there.
 */
export class Sealed<Value> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }
}
