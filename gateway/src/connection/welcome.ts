/*
 * Joins a new session to the channels that it starts with, and sends `welcome`. `lifecycle.ts` calls it as the session's
 * first exclusive work: a request that comes right after the CONNECT finds the subscriptions made.
 */

import type { JoinResult } from "../channels/subscriptions.ts";
import { personalChannel } from "../protocol/channel-name.ts";
import type { SubscriptionItem } from "../protocol/request-schemas.ts";
import type { Accounts } from "./accounts.ts";
import type { Approvals, Rulings } from "./approvals.ts";
import type { Connection } from "./connection.ts";
import type { Joiner } from "./joiner.ts";
import { surcharges, welcomeUnits } from "./prices.ts";
import { welcomeReply } from "./replies.ts";
import type { Visits } from "./visits.ts";

/** The channels that the handshake asks to go on with, and from where. */
export type Resume = readonly SubscriptionItem[];

export interface WelcomeOptions {
  /** The node's name, which the client is told. */
  node: string;
  joiner: Joiner;
  visits: Visits;
  accounts: Pick<Accounts, "take" | "charge">;
  /** Unix milliseconds. */
  now(): number;
  /** There where a backend is asked about channels. */
  approvals?: Pick<Approvals, "question"> | undefined;
}

/**
 * Sends `welcome` in the step in which the channels are joined: a message that is newer than the welcome comes after it.
 * Where channels are left to a backend it is asked first, and what the gateway does to the connection does not wait.
 *
 * @throws Failure as `Joiner.join`, and `rate_limited` where the user or the address does not pay; nothing was sent then
 */
export async function welcome(
  connection: Connection,
  resume: Resume,
  { node, joiner, visits, accounts, now, approvals }: WelcomeOptions,
): Promise<void> {
  const items = startItems(connection, resume);
  accounts.take(connection, welcomeUnits(items.length));
  const join = async (rulings?: Rulings) => {
    // Who is welcomed is known: what is told of it is stored.
    if (connection.entered) await visits.begun(connection);
    const answer = (results: JoinResult[]) => {
      const reply = welcomeReply(connection, node, now(), results);
      accounts.charge(connection, surcharges.answer.units(reply.text.length));
      connection.wire.send("welcome", reply);
    };
    await joiner.join(connection, items, answer, rulings);
  };
  const question = approvals?.question(connection, items);
  await (question ? connection.work.runAnswered(question, join) : connection.work.run(true, join));
}

/**
 * The user's own channel, those of its token, then what it resumes; a resumed one is started as that says. A connection
 * that is for one channel starts with that alone.
 */
function startItems({ identity, bound }: Connection, resume: Resume): SubscriptionItem[] {
  if (bound !== undefined) return [{ channel: bound }];
  if (resume.length === 0 && identity.channels.length === 0) {
    return [{ channel: personalChannel(identity.subject.user) }];
  }
  const resumed = new Set(resume.map((item) => item.channel));
  const own = [personalChannel(identity.subject.user), ...identity.channels];
  const started = own.filter((channel) => !resumed.has(channel)).map((channel) => ({ channel }));
  return [...new Map([...started, ...resume].map((item) => [item.channel, item])).values()];
}
