/*
 * Calls the page's function that fetches a token. Login calls it for the session, Subscription for its channel. A
 * function that returns nothing would send the client into a loop of handshakes that are refused.
 */

import { failure, isFailure, reportMistake } from "./errors.ts";

/** A token, or what fetches one when it is needed. */
export type TokenSource = string | (() => string | Promise<string>);

/**
 * Calls a page's function for a token. What it throws by mistake goes to the app's error log too.
 *
 * @throws as a rejection: whatever it throws; TideError `unauthorized` where what it gives is no text
 */
export function fetchToken(fetch: () => string | Promise<string>): Promise<string> {
  return Promise.resolve()
    .then(fetch)
    .then(
      (token) => {
        // Without a text it would be fetched again at once, for ever.
        if (typeof token !== "string") throw failure("unauthorized", "The function `token` gave no text.");
        return token;
      },
      (thrown) => {
        if (!isFailure(thrown)) reportMistake(thrown);
        throw thrown;
      },
    );
}
