/** A frame as it came. */
interface EarlyFrame {
  data: Buffer;
  isBinary: boolean;
}

const frameLimit = 256;
const byteLimit = 256 * 1024;

/** What a client sends before it is let in. */
export class Early {
  readonly frames: EarlyFrame[] = [];
  #bytes = 0;

  /** @returns false where it is too much */
  add(data: Buffer, isBinary: boolean): boolean {
    this.frames.push({ data, isBinary });
    this.#bytes += data.length;
    return this.frames.length <= frameLimit && this.#bytes <= byteLimit;
  }
}
