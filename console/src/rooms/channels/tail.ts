/*
 * What a channel says, as it is said: the history from where the last answer ended, once a second. Of a busy channel up
 * to 300 messages of each second are shown, and the others are counted; a page that showed all would stand still.
 */

import { callErrorOf, get } from "../../api.ts";

export interface TailMessage {
  data: unknown;
  position: string;
  user?: string;
  time: number;
}

export interface Tail {
  /** The newest last. */
  messages: readonly TailMessage[];
  position: string;
  /** Messages a second, by the channel's positions. */
  rate: number;
  /** Of the last second. */
  leftOut: number;
  /** Milliseconds on the monotonic clock. */
  at: number;
}

interface Page {
  messages: TailMessage[];
  position: string;
}

/** Of each second, and on the page. */
export const most = 300;

/** @throws CallError `not_found` where the channel keeps no history */
export async function askTail(channel: string, before: Tail | undefined): Promise<Tail> {
  const page = before ? await readSince(channel, before.position) : await readNewest(channel);
  const at = performance.now();
  const { offset, epoch } = parse(page.position);
  const was = before && parse(before.position);
  const isContinued = was?.epoch === epoch;
  const count = isContinued ? offset - was.offset : page.messages.length;
  const messages = [...(before?.messages ?? []), ...page.messages].slice(-most);
  return {
    messages,
    position: page.position,
    rate: before && isContinued ? (count * 1_000) / Math.max(1, at - before.at) : 0,
    leftOut: before ? Math.max(0, count - page.messages.length) : 0,
    at,
  };
}

async function readSince(channel: string, since: string): Promise<Page> {
  try {
    return await get<Page>("/v1/history", { channel, since, limit: most });
  } catch (thrown) {
    // The history holds less than came in a second, or begins anew.
    if (callErrorOf(thrown).code !== "gap") throw thrown;
    return readNewest(channel);
  }
}

async function readNewest(channel: string): Promise<Page> {
  const page = await get<Page>("/v1/history", { channel, reverse: true, limit: 100 });
  return { ...page, messages: page.messages.reverse() };
}

function parse(position: string): { epoch: string; offset: number } {
  const at = position.lastIndexOf(":");
  return { epoch: position.slice(0, at), offset: Number(position.slice(at + 1)) };
}
