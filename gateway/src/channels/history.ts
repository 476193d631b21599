/*
 * Reads and clears the stored messages of a channel, for the `history` request and for the server API. It never
 * changes what is stored in any other way, and parses nothing: a page joins the stored texts.
 */

import type { Broker, HistoryRead } from "../backplane/ports.ts";
import { Failure } from "../errors.ts";
import { Json } from "../protocol/json.ts";
import { joinMessages } from "../protocol/packet.ts";
import { formatPosition, type Position, parsePosition } from "../protocol/position.ts";
import { pageLimit } from "../protocol/request-schemas.ts";
import { historyOf } from "./access.ts";
import { replyBudget } from "./reply.ts";
import type { ChannelPolicy } from "./rules.ts";

export interface HistoryQuery {
  channel: string;
  since?: string | undefined;
  reverse?: boolean | undefined;
  limit?: number | undefined;
}

/** Reads and clears what channels keep of their past. */
export class History {
  readonly #broker: Pick<Broker, "read" | "clear">;

  constructor(broker: Pick<Broker, "read" | "clear">) {
    this.#broker = broker;
  }

  /**
   * @returns a HistoryReply
   * @throws Failure `gap` for a `since` that the window no longer reaches back to, `not_found` for a channel
   * without history
   */
  async read(query: HistoryQuery, policy: ChannelPolicy): Promise<Json> {
    const { channel, since, reverse = false, limit = pageLimit.usual } = query;
    if (reverse && since !== undefined) throw new Failure("bad_request", "`reverse` goes without `since`.");
    const read: HistoryRead = { channel, retention: historyOf(policy), from: startOf(since), reverse, limit };
    const [page] = await this.#broker.read([read], replyBudget);
    if (!page?.reached) throw new Failure("gap");
    const attachments: Uint8Array[] = [];
    const messages = joinMessages(page.entries, attachments);
    const position = JSON.stringify(formatPosition(page.top));
    const more = page.more ? `,"more":true` : "";
    return new Json(`{"ok":true,"position":${position},"messages":${messages}${more}}`, attachments);
  }

  /** Forgets what is stored. Positions go on, so nobody who is subscribed has to come again. */
  clear(channel: string, policy: ChannelPolicy): Promise<void> {
    return this.#broker.clear(channel, historyOf(policy));
  }
}

/** Unlike a subscribe, a history request with a malformed `since` is a mistake of its author. */
function startOf(since: string | undefined): "start" | Position {
  if (since === undefined || since === "start") return "start";
  const position = parsePosition(since);
  if (!position) throw new Failure("bad_request", "`since` is a position, as messages and replies carry it.");
  return position;
}
