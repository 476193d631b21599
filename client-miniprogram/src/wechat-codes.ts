/*
 * Has the codes of `wx.login`. Login asks for one before a handshake. WeChat lets a user log in 100 times a minute; a
 * client that calls it for each attempt on a bad network uses that up, for every other page of the app too.
 */

import type { Clock } from "./clock.ts";
import { errorOf, failure } from "./errors.ts";
import type { Credentials } from "./login.ts";
import type { Host } from "./transports/host.ts";

interface LoginHost {
  login?(options: { success(result: { code?: string }): void; fail(error: unknown): void }): unknown;
  getAccountInfoSync?(): { miniProgram?: { appId?: string } } | undefined;
}

const minute = 60_000;
/** Calls in any minute. */
const mostCalls = 10;
/** A code is good for five minutes. */
const lifetime = 4 * minute;

/** One code of `wx.login` at a time: each is kept until it is sent, or too old. */
export class WeChatCodes {
  readonly #host: LoginHost | undefined;
  readonly #clock: Clock;
  /** When `wx.login` was called, in the last minute. */
  #calls: number[] = [];
  #unsent: { credentials: Credentials; at: number } | undefined;

  constructor(host: Host | undefined, clock: Clock) {
    this.#host = host as LoginHost | undefined;
    this.#clock = clock;
  }

  /** @throws TideError of the platform, or `rate_limited`; as a rejection */
  next(): Promise<Credentials> {
    const now = this.#clock.now();
    const { credentials, at } = this.#unsent || {};
    if (credentials && at !== undefined && now - at < lifetime) return Promise.resolve(credentials);
    this.#calls = this.#calls.filter((call) => now - call < minute);
    if (this.#calls.length >= mostCalls) {
      return Promise.reject(failure("rate_limited", "wx.login was called ten times in a minute.", true));
    }
    this.#calls.push(now);
    return this.#call();
  }

  /** The code was sent, and is good for nothing else. */
  spend(): void {
    this.#unsent = undefined;
  }

  #call(): Promise<Credentials> {
    const host = this.#host;
    return new Promise((resolve, reject) => {
      if (typeof host?.login !== "function") {
        reject(failure("bad_request", "This host has no login()."));
        return;
      }
      host.login({
        success: ({ code }) => {
          const app = appOf(host);
          if (!code) {
            reject(failure("unavailable", "wx.login gave no code.", true));
            return;
          }
          const credentials = Object.assign({ code, platform: "wechat" as const }, app && { app });
          this.#unsent = { credentials, at: this.#clock.now() };
          resolve(credentials);
        },
        fail: (error) => reject(errorOf(error)),
      });
    });
  }
}

/** Old base libraries, other hosts and plugins do not have it, or have less. */
function appOf(host: LoginHost): string | undefined {
  try {
    return host.getAccountInfoSync?.()?.miniProgram?.appId;
  } catch {
    return undefined;
  }
}
