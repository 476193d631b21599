/** A frame as it came. */
interface EarlyFrame {
  data: Buffer;
  isBinary: boolean;
}

/** Bytes of frames that may wait. */
const byteLimit = 256 * 1024;

/** What a client has sent before it can be handled, in its order. */
export class Early {
  readonly #frameLimit: number;
  readonly #frames: EarlyFrame[] = [];
  #bytes = 0;

  /** @param frameLimit frames that may wait: each takes more memory than its bytes */
  constructor(frameLimit: number) {
    this.#frameLimit = frameLimit;
  }

  /** @returns false where it is too much */
  add(data: Buffer, isBinary: boolean): boolean {
    this.#frames.push({ data, isBinary });
    this.#bytes += data.length;
    return this.#frames.length <= this.#frameLimit && this.#bytes <= byteLimit;
  }

  next(): EarlyFrame | undefined {
    const frame = this.#frames.shift();
    this.#bytes -= frame?.data.length ?? 0;
    return frame;
  }
}
