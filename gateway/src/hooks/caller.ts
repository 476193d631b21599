/*
 * Calls one hook, whether it is asked or told: signed, over kept connections, never where a redirect points. Nothing
 * that a client sends has a part in the address. Without it each call would be a new connection.
 */

import { version } from "../version.ts";
import { type Answer, CallFailure, Line, type LineOptions, type Post } from "./line.ts";
import { Signature } from "./signature.ts";

export { CallFailure } from "./line.ts";

export interface HookCallerOptions {
  url: string;
  secrets: readonly string[];
  /** As `TIDEGATE_HOOK_CA` has it. */
  ca: string | undefined;
  /** Unix milliseconds. */
  now(): number;
}

/** One call. */
export interface HookCall {
  /** Names the body; whoever gets it twice has had it. */
  id: string;
  /** JSON. */
  body: string;
  /** Milliseconds until it is given up. */
  timeout: number;
  /** Gives it up before. */
  signal?: AbortSignal;
}

/** Makes the calls to one hook. How many are under way at once is for whoever makes them to bound. */
export class HookCaller {
  readonly #path: string;
  readonly #line: LineOptions;
  readonly #signature: Signature;
  readonly #now: () => number;
  /** The one that was used last is used next: those that are not needed end by themselves. */
  readonly #idle: Line[] = [];
  readonly #busy = new Set<Line>();

  constructor({ url, secrets, ca, now }: HookCallerOptions) {
    const { origin, pathname, search } = new URL(url);
    this.#path = pathname + search;
    this.#line = { origin, ca };
    this.#signature = new Signature(secrets);
    this.#now = now;
  }

  /**
   * @returns what came back, whatever its status: a redirect is an answer like any other, and not followed
   * @throws CallFailure where nothing did that could be read
   */
  async call(call: HookCall): Promise<Answer> {
    const timeout = AbortSignal.timeout(Math.max(0, Math.ceil(call.timeout)));
    const signal = call.signal ? AbortSignal.any([timeout, call.signal]) : timeout;
    try {
      return await this.#attempt(this.#idle.pop() ?? new Line(this.#line), call, signal);
    } catch (error) {
      if (!(error instanceof CallFailure && error.reason === "stale")) throw error;
      // What is kept besides is of the same age.
      return this.#attempt(new Line(this.#line), call, signal);
    }
  }

  /** Ends all connections, and with them the calls that are under way. */
  close(): void {
    for (const line of [...this.#idle, ...this.#busy]) line.close();
    this.#idle.length = 0;
  }

  async #attempt(line: Line, { id, body }: HookCall, signal: AbortSignal): Promise<Answer> {
    this.#busy.add(line);
    try {
      const answer = await line.call(this.#post(id, body), signal);
      this.#idle.push(line);
      return answer;
    } catch (error) {
      line.close();
      throw error;
    } finally {
      this.#busy.delete(line);
    }
  }

  #post(id: string, body: string): Post {
    const timestamp = Math.floor(this.#now() / 1_000);
    const headers = {
      "content-type": "application/json",
      "accept-encoding": "identity",
      "user-agent": `tidegate/${version}`,
      ...this.#signature.headers(id, timestamp, body),
    };
    return { path: this.#path, headers, body };
  }
}
