/*
 * One channel: its phase, its position, its token, its pages. Recovery changes it, SubscribeQueue reads what to ask
 * for. The position moves only past what was delivered or was not meant for this client, so whatever breaks, the next
 * subscribe goes on after it.
 */

import { isTokenFault, type TideError } from "./errors.ts";
import { stepOf } from "./position.ts";
import type { Message, SubscribeReply, SubscribeRequest } from "./protocol.ts";
import type { Roster } from "./roster.ts";
import { fetchToken, type TokenSource } from "./token-source.ts";

/** The part of a page's channel that a subscription calls. */
export interface Holder {
  message(message: Message): void;
  reset(): void;
  presence(): void;
  /** @returns whether the page listens */
  error(error: TideError): boolean;
}

/**
 * - `waiting`: it is asked for as soon as there is a connection
 * - `asked`: the request is sent, the reply has not come
 * - `live`: messages arrive
 * - `refused`: the gateway does not allow it
 */
export type Phase = "waiting" | "asked" | "live" | "refused";

/** A position that no channel has: every channel answers that it cannot continue from it, also one without positions. */
const nowhere = "-:0";

/** One channel as this client is subscribed to it: its position, and the pages that listen. */
export class Subscription {
  readonly channel: string;
  phase: Phase = "waiting";
  /** The last position that was delivered, or where to start. */
  position: string | undefined;
  /** `own`: the token brings it at every connect. `granted`: a backend made it, for this connection only. */
  origin: "page" | "own" | "granted" = "page";
  roster: Roster | undefined;
  readonly holders = new Set<Holder>();
  token: TokenSource | undefined;
  /** The token that a backend has granted: with it nobody is asked when the client comes back. */
  grant: string | undefined;
  /** The token that a function gave last. */
  #freshToken: string | undefined;
  #renewed = false;
  #values = false;
  /** On a channel of values the newest that was delivered, for pages that come later. */
  #value: Message | undefined;
  /** Pages that have not been given a value yet. */
  readonly #newcomers = new Set<Holder>();
  #everLive = false;

  constructor(channel: string, position: string | undefined) {
    this.channel = channel;
    this.position = position;
  }

  /** Whether it lacks a token that is still to be fetched. */
  get needsToken(): boolean {
    return typeof this.token === "function" && this.#freshToken === undefined;
  }

  /** Whether it continues at the next connect. */
  get lasting(): boolean {
    return this.holders.size > 0 || this.origin === "own";
  }

  /** Takes a page in. @returns whether the newest value has to be asked for, since only its position is known */
  add(holder: Holder): boolean {
    this.holders.add(holder);
    this.#newcomers.add(holder);
    const value = this.#value;
    if (!value) return this.#values && this.phase === "live";
    // The page begins to listen once it has the channel.
    Promise.resolve().then(() => {
      if (value === this.#value && this.#newcomers.delete(holder) && this.holders.has(holder)) {
        holder.message(value);
      }
    });
    return false;
  }

  remove(holder: Holder): void {
    this.holders.delete(holder);
    this.#newcomers.delete(holder);
  }

  /**
   * Takes note of a message that goes out.
   *
   * @param silent whether it is this client's own, which its pages have without being told
   * @returns the pages that are given it, and whether it is news to the app as a whole
   */
  spread(message: Message, silent: boolean): { pages: Holder[]; news: boolean } {
    const isNewest = this.#values && this.#value?.position === message.position;
    const news = !silent && !isNewest;
    // The past of a log is not for pages that came later; a value is.
    const pages = news ? this.holders : this.#values ? this.#newcomers : [];
    const given = { pages: Array.from(pages), news };
    this.#newcomers.clear();
    if (this.#values) this.#value = message;
    return given;
  }

  /** @throws whatever the page's function throws, as a rejection */
  fetchToken(): Promise<void> {
    const { token } = this;
    return fetchToken(typeof token === "function" ? token : () => "").then((fresh) => {
      this.#freshToken = fresh;
    });
  }

  request(): SubscribeRequest {
    const request: SubscribeRequest = { channel: this.channel };
    const since = this.position ?? (this.#everLive ? nowhere : undefined);
    const token = (typeof this.token === "function" ? this.#freshToken : this.token) || this.grant;
    if (since !== undefined) request.since = since;
    if (token !== undefined) request.token = token;
    return request;
  }

  /** Takes over what the gateway answered to a subscribe. */
  answer(
    { recovered, messages, position, more, latest, token }: SubscribeReply,
    deliver: (message: Message) => void,
  ) {
    this.#values = latest === true;
    this.#renewed = false;
    this.grant = token;
    if (recovered === false) {
      this.position = position;
      for (const holder of Array.from(this.holders)) holder.reset();
    }
    for (const message of messages) {
      // A live message may have been delivered between the request and its answer. A value of the same position is what a
      // page may still lack: after a start with a stored position, or where it came when others had it already.
      const isSame = this.#values && message.position === this.position;
      if (!isSame && message.position && stepOf(this.position, message.position, this.#values) === "old") {
        continue;
      }
      if (message.position) this.position = message.position;
      deliver(message);
    }
    if (position !== undefined) this.position = position;
    // With `more` the answer was cut: the channel is asked for again, from where this part ends.
    this.phase = more ? "waiting" : "live";
    if (!more) this.#everLive = true;
  }

  /**
   * Goes on to a live message's position.
   *
   * @returns whether the message is next; `gap` where it has to subscribe again first
   */
  advance(position: string | undefined): "next" | "old" | "gap" {
    if (position === undefined) return "next";
    const from = this.position === "start" ? undefined : this.position;
    // Until the first reply has come, messages belong to an earlier subscription.
    if (from === undefined && this.phase !== "live") return "old";
    const step = stepOf(from, position, this.#values);
    if (step === "next") {
      this.position = position;
      // A message that goes out brings the next one. One that was not meant for this client, its own without an echo, leaves
      // it unknown, and its pages have it.
      this.#value = undefined;
      this.#newcomers.clear();
    }
    return step;
  }

  /** Reports a refusal to the pages. @returns whether one of them listens */
  report(error: TideError): boolean {
    return Array.from(this.holders)
      .map((holder) => holder.error(error))
      .some(Boolean);
  }

  /** @returns whether another token may help, once */
  mayRenew(error: TideError): boolean {
    if (!isTokenFault(error) || typeof this.token !== "function" || this.#renewed) return false;
    this.#renewed = true;
    this.#freshToken = undefined;
    return true;
  }
}
