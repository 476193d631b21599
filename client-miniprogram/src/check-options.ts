/*
 * Refuses a wrong call of `connect` at once and in words. Only `connect` calls it. An option that is misspelled would
 * otherwise do nothing, silently, and most pages of mini-programs are JavaScript: no compiler looks at them.
 */

import { failure, type TideError } from "./errors.ts";
import type { ConnectOptions } from "./options.ts";

type Check = (value: unknown) => boolean;

const is =
  (...types: string[]): Check =>
  (value) =>
    value !== null && types.indexOf(typeof value) >= 0;

const hasSockets: Check = (host) => typeof Object(host).connectSocket === "function";

const areLimits: Check = (limits) =>
  is("object")(limits) &&
  Object.keys(limits as object).every((name) => {
    const limit = (limits as { [name: string]: unknown })[name];
    return /^(size|age|bytes)$/.test(name) && (limit === undefined || is("number")(limit));
  });

/** What each option has to be, and in words. */
const checks: { [Name in keyof ConnectOptions]-?: [check: Check, words: string] } = {
  login: [(value) => value === "wechat", 'the text "wechat"'],
  token: [is("string", "function"), "a text or a function that fetches one"],
  auth: [is("object", "function"), "an object or a function that fetches one"],
  host: [hasSockets, "the platform's object, with its `connectSocket`"],
  io: [is("function"), "a function, as socket.io-client's `io`"],
  path: [is("string"), "a text"],
  storage: [is("boolean", "string"), "true or a text"],
  outbox: [areLimits, "an object of the numbers `size`, `age` and `bytes`"],
  log: [is("function"), "a function"],
  clock: [is("object"), "an object"],
};

/** @throws TideError `bad_request` where the address or an option is not what `connect` takes */
export function checkConnect(url: unknown, options: unknown): void {
  if (typeof url !== "string" || !/^(ws|http)s?:\/\/[^\s/?#]/i.test(url)) {
    throw wrong("the address begins with wss:// or ws://, and names a host");
  }
  if (!is("object")(options)) throw wrong("the options are an object");
  for (const name of Object.keys(options as object) as (keyof ConnectOptions)[]) {
    const value = (options as ConnectOptions)[name];
    if (Object.keys(checks).indexOf(name) < 0) throw wrong(`there is no option \`${name}\``);
    const [check, words] = checks[name];
    if (value !== undefined && !check(value)) throw wrong(`\`${name}\` is ${words}`);
  }
}

function wrong(what: string): TideError {
  return failure("bad_request", `connect(): ${what}.`);
}
