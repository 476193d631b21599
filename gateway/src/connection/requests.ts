import type { Handshake } from "../auth/handshake.ts";
import { authorize } from "../channels/access.ts";
import type { History } from "../channels/history.ts";
import type { Presence } from "../channels/presence.ts";
import type { Publisher } from "../channels/publish.ts";
import type { ChannelPolicy, Rules } from "../channels/rules.ts";
import { Failure } from "../errors.ts";
import { parse } from "../protocol/parse.ts";
import { requests } from "../protocol/requests.ts";
import type { Connection } from "./connection.ts";
import type { Joiner } from "./joiner.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { TokenBucket } from "./limits.ts";
import { subscribeManyReply, subscribeReply } from "./replies.ts";

/** Gives the reply; at most once. */
export type Reply = (reply: object) => void;

/** One of the protocol's requests (PROTOCOL, section 2). */
export interface Request {
  /** What follows on the same connection waits for it. */
  exclusive: boolean;
  handle(connection: Connection, payload: unknown, reply: Reply): Promise<void>;
}

export interface RequestServices {
  rules: Rules;
  joiner: Joiner;
  publisher: Publisher;
  history: History;
  presence: Presence;
  handshake: Pick<Handshake, "verify">;
  lifecycle: Pick<Lifecycle, "renew">;
  maxChannels: number;
}

/** The requests that clients may make, by event name. */
export function createRequests(services: RequestServices): ReadonlyMap<string, Request> {
  return new Map<string, Request>([
    ["subscribe", { exclusive: true, handle: subscribe.bind(undefined, services) }],
    ["unsubscribe", { exclusive: true, handle: unsubscribe.bind(undefined, services) }],
    ["publish", { exclusive: false, handle: publish.bind(undefined, services) }],
    ["history", { exclusive: false, handle: history.bind(undefined, services) }],
    ["presence", { exclusive: false, handle: presence.bind(undefined, services) }],
    ["refresh", { exclusive: true, handle: refresh.bind(undefined, services) }],
    ["away", { exclusive: true, handle: setAway.bind(undefined, services, true) }],
    ["back", { exclusive: true, handle: setAway.bind(undefined, services, false) }],
  ]);
}

async function subscribe(services: RequestServices, connection: Connection, payload: unknown, reply: Reply) {
  if (Array.isArray(payload)) {
    await subscribeMany(services, connection, payload, reply);
    return;
  }
  const request = parse(requests.subscribe, payload);
  let failure: Failure | undefined;
  await services.joiner.join(connection, [request], ([result]) => {
    if (result && "failure" in result) failure = result.failure;
    else if (result) reply(subscribeReply(result));
  });
  if (failure) throw failure;
}

async function subscribeMany(
  services: RequestServices,
  connection: Connection,
  payload: unknown[],
  reply: Reply,
) {
  const items = parse(requests.subscribeMany, payload);
  if (items.length > services.maxChannels) {
    throw new Failure("bad_request", `One request subscribes to at most ${services.maxChannels} channels.`);
  }
  await services.joiner.join(connection, items, (results) => reply(subscribeManyReply(results)));
}

async function unsubscribe(
  services: RequestServices,
  connection: Connection,
  payload: unknown,
  reply: Reply,
) {
  const { channel } = parse(requests.unsubscribe, payload);
  if (!connection.held.has(channel)) throw new Failure("not_subscribed");
  await services.joiner.leave(connection, channel);
  reply({ ok: true });
}

async function publish(services: RequestServices, connection: Connection, payload: unknown, reply: Reply) {
  const { channel, data, id, echo = true } = parse(requests.publish, payload);
  const except = echo ? [] : [connection.connection];
  const pace = (policy: ChannelPolicy) => pacePublish(connection, policy);
  const position = await services.publisher.publish(
    { channel, data, id, except },
    { source: "client", ...standingOf(connection, channel), pace },
  );
  reply(position === undefined ? { ok: true } : { ok: true, position });
}

async function history(services: RequestServices, connection: Connection, payload: unknown, reply: Reply) {
  const query = parse(requests.history, payload);
  const policy = services.rules.policyOf(query.channel);
  authorize("history", query.channel, policy, standingOf(connection, query.channel));
  reply(await services.history.read(query, policy));
}

async function presence(services: RequestServices, connection: Connection, payload: unknown, reply: Reply) {
  const { channel, limit, cursor } = parse(requests.presence, payload);
  authorize("presence", channel, services.rules.policyOf(channel), standingOf(connection, channel));
  reply({ ok: true, ...(await services.presence.page(channel, limit, cursor)) });
}

async function refresh(services: RequestServices, connection: Connection, payload: unknown, reply: Reply) {
  const { token } = parse(requests.refresh, payload);
  const identity = await services.handshake.verify(token);
  if (identity.subject.user !== connection.user) {
    throw new Failure("forbidden", "The token is another user's.");
  }
  services.lifecycle.renew(connection, identity);
  reply({ ok: true, expiresAt: identity.expiresAt });
  await services.joiner.recheck(connection);
}

async function setAway(
  services: RequestServices,
  away: boolean,
  connection: Connection,
  payload: unknown,
  reply: Reply,
) {
  parse(away ? requests.away : requests.back, payload);
  await services.joiner.setAway(connection, away);
  reply({ ok: true });
}

function standingOf(connection: Connection, channel: string) {
  const held = connection.held.get(channel);
  const { subject } = connection;
  return { subject, subscribed: held !== undefined, channelToken: held?.tokenExpiresAt !== undefined };
}

/** The publish rate that a rule sets, for each connection. */
function pacePublish(connection: Connection, { rule, rate }: ChannelPolicy): void {
  if (!rate) return;
  connection.rates ??= new Map();
  const bucket = connection.rates.get(rule) ?? new TokenBucket(rate.publish, rate.burst);
  connection.rates.set(rule, bucket);
  if (!bucket.take()) {
    throw new Failure("rate_limited", "The channel's publish rate is used up.", { after: bucket.wait });
  }
}
