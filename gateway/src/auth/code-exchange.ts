/*
 * Speaks to WeChat's server. The app's secret leaves the process here and nowhere else, so nothing here may end up in
 * a log: not the address that is asked, not what fetch says of it.
 */

import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { WeChatApp } from "../config/settings/wechat.ts";
import { type ErrorCode, Failure } from "../errors.ts";
import { isUserId } from "./permissions.ts";
import type { Semaphore } from "./semaphore.ts";

/** Whose code it is. */
export interface WeChatUser {
  /** The user within one app. */
  openid: string;
  /** The user within all apps of one account, where those are joined. */
  unionid?: string | undefined;
}

export interface CodeExchangeOptions {
  /** Where WeChat's API is. */
  url: string;
  /** Exchanges that are under way at once. */
  semaphore: Semaphore;
  fetch?: typeof fetch;
}

/** From the request to the answer, its repetitions and its wait for a turn included; in milliseconds. */
const patience = 3_000;
const busy = -1;
const retryPauses = [100, 300];

/** `session_key` is not read, and so is nowhere. */
const reply = z.object({
  errcode: z.int().default(0),
  openid: z.string().refine(isUserId).optional(),
  unionid: z.string().refine(isUserId).optional(),
});

/** WeChat's codes that speak of the client; all others speak of the settings. */
const clientFaults: Readonly<Record<number, ErrorCode>> = {
  [busy]: "unavailable",
  40029: "unauthorized",
  40163: "unauthorized",
  40226: "forbidden",
  45011: "rate_limited",
};

/** Asks WeChat whose login code it is (`jscode2session`). */
export class CodeExchange {
  readonly #endpoint: URL;
  readonly #semaphore: Semaphore;
  readonly #fetch: typeof fetch;

  constructor({ url, semaphore, fetch = globalThis.fetch }: CodeExchangeOptions) {
    this.#endpoint = new URL("sns/jscode2session", url.endsWith("/") ? url : `${url}/`);
    this.#semaphore = semaphore;
    this.#fetch = fetch;
  }

  /** @throws Failure as the login that it is for */
  async userOf(app: WeChatApp, code: string): Promise<WeChatUser> {
    const signal = AbortSignal.timeout(patience);
    try {
      return await this.#semaphore.run(signal, () => this.#ask(app, code, signal));
    } catch (error) {
      throw error instanceof Failure ? error : unreachable(error);
    }
  }

  async #ask(app: WeChatApp, code: string, signal: AbortSignal): Promise<WeChatUser> {
    let answer = await this.#request(app, code, signal);
    for (const milliseconds of retryPauses) {
      if (answer.errcode !== busy) break;
      await pause(milliseconds, undefined, { signal });
      answer = await this.#request(app, code, signal);
    }
    const { errcode, openid, unionid } = answer;
    if (errcode !== 0) throw failureOf(errcode, app);
    if (openid === undefined) throw broken("has no openid");
    return { openid, unionid };
  }

  async #request({ id, secret }: WeChatApp, code: string, signal: AbortSignal) {
    const url = new URL(this.#endpoint);
    const grant = { appid: id, secret, js_code: code, grant_type: "authorization_code" };
    url.search = new URLSearchParams(grant).toString();
    // A redirect would take the secret elsewhere.
    const response = await this.#fetch(url, { signal, redirect: "error" });
    const text = await response.text();
    if (!response.ok)
      throw new Failure("unavailable", undefined, { cause: `WeChat: HTTP ${response.status}` });
    const { success, data } = reply.safeParse(parseJson(text));
    if (!success) throw broken("is not of the form that it should have");
    return data;
  }
}

/** What the client is told is a code; the log has WeChat's own number. */
function failureOf(errcode: number, { id }: WeChatApp): Failure {
  const code = clientFaults[errcode];
  const cause = `WeChat: errcode ${errcode} for the app ${id}`;
  if (code) return new Failure(code, undefined, { cause });
  return new Failure("internal", undefined, { cause: `${cause}; see TIDEGATE_WECHAT_APPS` });
}

/** An answer of WeChat's, or of what stands in for it, that cannot be understood: an operator has to look. */
function broken(fault: string): Failure {
  return new Failure("internal", undefined, {
    cause: `WeChat: the answer ${fault}; see TIDEGATE_WECHAT_URL`,
  });
}

/** What fetch says may quote the address, and the address has the secret. */
function unreachable(error: unknown): Failure {
  const { name = "", cause } = Object(error) as { name?: string; cause?: { code?: unknown } };
  const reason = name === "TimeoutError" || name === "AbortError" ? "no answer in time" : "cannot be reached";
  const code = typeof cause?.code === "string" ? ` (${cause.code})` : "";
  return new Failure("unavailable", undefined, { cause: `WeChat: ${reason}${code}` });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
