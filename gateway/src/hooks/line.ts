/*
 * One connection to a hook, kept for the next call. `caller.ts` has several; a call has one for itself. It knows what no
 * pool tells: whether a call went over a connection that had carried another one, and whether a byte came back.
 */

import type { Socket } from "node:net";
import { buildConnector, Client } from "undici";

/** What is sent. */
export interface Post {
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** What came back, whatever its status. */
export interface Answer {
  status: number;
  /** The header `Retry-After` as it was written. */
  retryAfter: string | undefined;
  text: string;
}

/**
 * Why there is no answer. `stale`: the connection had been kept, and ended before a byte of an answer came, so it may
 * have ended before the call.
 */
export type NoAnswer = "timeout" | "unreachable" | "ended" | "stale" | "too_large";

/** A call that brought no answer. Its message has codes of the system only: an address may hold a secret. */
export class CallFailure extends Error {
  readonly reason: NoAnswer;

  constructor(reason: NoAnswer, code?: string) {
    super(code === undefined ? reason : `${reason} (${code})`);
    this.name = "CallFailure";
    this.reason = reason;
  }
}

export interface LineOptions {
  /** Scheme, host and port. */
  origin: string;
  /** Certificates of authorities as PEM; those of Node where absent. */
  ca: string | undefined;
}

/** Bytes of an answer that are read. */
const mostBytes = 65_536;
/** Milliseconds for which a connection is kept without a call; a server that says less is believed. */
const kept = 30_000;
/** A connect ends with its call, which has a time of its own. */
const connectTimeout = 60_000;

/** One connection to a hook, made when it is first needed and again when it has ended. */
export class Line {
  readonly #client: Client;
  #socket: Socket | undefined;
  #refused = false;

  constructor({ origin, ca }: LineOptions) {
    const connect = buildConnector({ timeout: connectTimeout, ...(ca !== undefined && { ca }) });
    this.#client = new Client(origin, {
      pipelining: 1,
      keepAliveTimeout: kept,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (target, callback) =>
        connect(target, (...[error, socket]: Parameters<typeof callback>) => {
          this.#socket = socket ?? undefined;
          this.#refused = error !== null;
          if (error) callback(error, null);
          else callback(null, socket);
        }),
    });
  }

  /**
   * One call; the next one only once it has ended.
   *
   * @param signal ends it as `timeout`
   * @throws CallFailure
   */
  async call(post: Post, signal: AbortSignal): Promise<Answer> {
    const socket = this.#socket;
    const bytes = socket?.bytesRead;
    this.#refused = false;
    try {
      const {
        statusCode: status,
        headers,
        body,
      } = await this.#client.request({ ...post, method: "POST", signal });
      const text = await read(body);
      return { status, retryAfter: headers["retry-after"]?.toString(), text };
    } catch (error) {
      if (error instanceof CallFailure) throw error;
      if (signal.aborted) throw new CallFailure("timeout");
      const silent = socket !== undefined && socket === this.#socket && socket.bytesRead === bytes;
      throw new CallFailure(this.#refused ? "unreachable" : silent ? "stale" : "ended", codeOf(error));
    }
  }

  /** Ends it at once, with a call that is under way. */
  close(): void {
    // It rejects only where it was closed before.
    this.#client.destroy().catch(() => {});
  }
}

/** @throws CallFailure `too_large`; what reading throws besides */
async function read(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    // Leaving the loop destroys the body, and the connection with it.
    if (bytes > mostBytes) throw new CallFailure("too_large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}
