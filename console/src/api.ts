/*
 * Calls the server API of the node that served the page. Each answer says whether the node is there and the key is good,
 * which the shell shows; rooms go on asking, so they are back by themselves.
 */

import { key, link } from "./session.ts";

/** Milliseconds; a command to all nodes takes up to 2.5 s. */
const patience = 10_000;

/** A call that failed. `code` is one of the API's, or `unreachable` where no answer came. */
export class CallError extends Error {
  readonly code: string;
  /** Whether the same call may succeed later; by it the client of the Try room tells a failure from a mistake. */
  readonly retryable: boolean;

  constructor(code: string, message: string, retryable = false) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}

/** Whether the node takes a key. @throws CallError `unreachable`, or what the node answered */
export async function isAccepted(given: string): Promise<boolean> {
  // What cannot stand in a header is no key.
  if (!/^[\x21-\x7e]+$/.test(given)) return false;
  const response = await reach("/v1/nodes", { headers: { authorization: `Bearer ${given}` } });
  if (response.status === 401) return false;
  if (response.ok) return true;
  throw new CallError(String(response.status), response.statusText);
}

type Query = Record<string, string | number | boolean | undefined>;

export function get<Answer>(path: string, query: Query = {}): Promise<Answer> {
  return call("GET", path, query);
}

export function post<Answer>(path: string, body: object): Promise<Answer> {
  return call("POST", path, {}, body);
}

export function remove<Answer>(path: string, query: Query): Promise<Answer> {
  return call("DELETE", path, query);
}

/** @throws CallError */
async function call<Answer>(method: string, path: string, query: Query, body?: object): Promise<Answer> {
  const sentWith = key.value;
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  const response = await reach(search === "" ? path : `${path}?${search}`, {
    method,
    headers: { authorization: `Bearer ${sentWith}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  // Another key may have been given meanwhile.
  const isCurrent = sentWith === key.value;
  const answer = (await response.json().catch(() => undefined)) as Answer & { error?: ErrorBody };
  if (response.status === 401 && path.startsWith("/v1/")) {
    if (isCurrent) link.value = "refused";
  } else link.value = "ok";
  if (response.ok) return answer;
  const { code = "internal", message = response.statusText, retryable } = answer?.error ?? {};
  throw new CallError(code, message, retryable);
}

interface ErrorBody {
  code: string;
  message: string;
  retryable: boolean;
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, signal: AbortSignal.timeout(patience), credentials: "omit" });
  } catch {
    link.value = "unreachable";
    throw new CallError("unreachable", "", true);
  }
}

/** Whatever was thrown, in the form of a failed call. */
export function callErrorOf(thrown: unknown): CallError {
  return thrown instanceof CallError ? thrown : new CallError("internal", String(thrown));
}
