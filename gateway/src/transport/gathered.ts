/**
 * Bytes that come in pieces, as one buffer. It doubles as it grows, so that a client which sends byte by byte costs its
 * bytes twice in memory and no more in time than one that sends them at once.
 */
export class Gathered {
  #buffer: Buffer;
  #start = 0;
  #end: number;

  /** @param first is kept as it is until more comes */
  constructor(first: Buffer = Buffer.alloc(0)) {
    this.#buffer = first;
    this.#end = first.length;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  add(piece: Buffer): void {
    if (this.#end + piece.length > this.#buffer.length) this.#grow(piece.length);
    this.#buffer.set(piece, this.#end);
    this.#end += piece.length;
  }

  /** Forgets the first bytes. */
  drop(count: number): void {
    this.#start += count;
  }

  #grow(by: number): void {
    const { bytes } = this;
    // Not of the pool, whose other users would be kept with it.
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(2 * bytes.length, bytes.length + by));
    this.#buffer.set(bytes);
    this.#start = 0;
    this.#end = bytes.length;
  }
}
