import assert from "node:assert/strict";
import { replyText } from "../../../src/channels/reply.ts";
import type { JoinResult } from "../../../src/channels/subscriptions.ts";
import type { Connection } from "../../../src/connection/connection.ts";
import type { Message, SubscribeReply } from "../../../src/protocol/events.ts";
import { formatPosition } from "../../../src/protocol/position.ts";
import type { SubscriptionItem } from "../../../src/protocol/request-schemas.ts";
import { decodeEvents } from "../../fanout/frames.ts";
import type { ChannelName } from "./steps.ts";
import { View } from "./view.ts";

/** A client that stays the same person over all its connections. */
export class Client {
  readonly user: string;
  readonly views = new Map<string, View>();
  connection: Connection | undefined;
  readonly #latest: boolean;

  constructor(user: string, latest: boolean) {
    this.user = user;
    this.#latest = latest;
  }

  /** A subscribe as the client would send it now. */
  item(channel: ChannelName, from: "last" | "start" | "none"): SubscriptionItem {
    if (from !== "last") return from === "start" ? { channel, since: "start" } : { channel };
    const { position } = this.#view(channel);
    return position ? { channel, since: formatPosition(position) } : { channel };
  }

  /** @returns what the client asks for next, where a reply did not reach the top */
  answer(items: readonly SubscriptionItem[], results: readonly JoinResult[]): SubscriptionItem[] {
    const attachments: Uint8Array[] = [];
    const texts = results.map((result) => {
      assert("outcome" in result, "the rules let everybody in");
      return replyText(result.channel, result.outcome, attachments);
    });
    return texts.flatMap((text, index): SubscriptionItem[] => {
      const reply = JSON.parse(text) as SubscribeReply;
      for (const message of reply.messages) restore(message, attachments);
      const next = this.#view(reply.channel).reply(reply, items[index]?.since);
      return next === undefined ? [] : [{ channel: reply.channel, since: next }];
    });
  }

  /** Frames of the rooms. */
  append(frames: Buffer): void {
    for (const { event, payload, attachments } of decodeEvents(frames)) {
      const message = payload as unknown as Message;
      if (event === "message") this.#view(message.channel).take(restore(message, attachments), message);
      else if (event === "position") this.#view(message.channel).take(message);
    }
  }

  /** It hears nothing any more of one channel, or of any. */
  deafen(channel?: string): void {
    for (const [name, view] of this.views) if (channel === undefined || name === channel) view.live = false;
  }

  #view(channel: string): View {
    const view = this.views.get(channel) ?? new View(this.#latest);
    this.views.set(channel, view);
    return view;
  }
}

/** What the worlds publish. */
export interface Data {
  number: number;
  blobs: unknown[];
}

/** Puts the attachments in their places, and checks that they are those of the message. */
function restore(message: Message, attachments: readonly Uint8Array[]): Message {
  const data = message.data as Data;
  data.blobs = data.blobs.map((place) => attachments[(place as { num: number }).num]);
  for (const blob of data.blobs) assert.equal(String(blob), String(data.number));
  return message;
}
