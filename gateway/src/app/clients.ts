/*
 * Wires what acts on clients: login, requests, life cycle, commands of backends. `core.ts` calls it last, when there
 * are channels to subscribe to.
 */

import { tokenLeeway } from "../auth/claims.ts";
import type { Tokens } from "../auth/token.ts";
import { Verifier } from "../auth/verifier.ts";
import type { Backplane, NodeInfo } from "../backplane/ports.ts";
import { Approvals } from "../connection/approvals.ts";
import { CommandExecutor } from "../connection/command-executor.ts";
import { Dispatcher } from "../connection/dispatcher.ts";
import { FreshRevocations } from "../connection/fresh-revocations.ts";
import { Gaps } from "../connection/gaps.ts";
import { Joiner } from "../connection/joiner.ts";
import { Lifecycle } from "../connection/lifecycle.ts";
import { requests, unnamedRequest } from "../connection/request-table.ts";
import { Visits } from "../connection/visits.ts";
import type { CoalescingAdapter } from "../fanout/adapter.ts";
import type { Meter } from "../meter.ts";
import { version } from "../version.ts";
import type { Channels } from "./channels.ts";
import type { Context } from "./context.ts";
import { createBackend, openHookLogin } from "./hooks.ts";
import { createAuthenticators } from "./login.ts";
import { subscriptionLog } from "./subscription-log.ts";

interface ClientsOptions {
  tokens: Tokens;
  backplane: Backplane;
  channels: Channels;
  rooms: CoalescingAdapter;
  meter: Meter;
}

/** The clients' connections, and all that is asked of them: by themselves, by backends, by the cluster. */
export function createClients(context: Context, options: ClientsOptions) {
  const { config, log, now, registry, alarms, accounts } = context;
  const { tokens, backplane, channels, rooms, meter } = options;
  const { rules, presence, history, publisher, subscriptions } = channels;
  const { nodeId: node, maxChannels, maxDepth, requestRate: rate, requestBurst: burst } = config;
  const visits = new Visits(backplane.users);
  const verifier = new Verifier(tokens, backplane.revocations);
  const backend = createBackend(context, meter);
  const hook = openHookLogin(context, { tokens, verifier, backend });
  const { authenticator, plainAuthenticator } = createAuthenticators(context, { tokens, verifier, hook });
  const revocations = new FreshRevocations(now);
  const approvals = backend && new Approvals({ rules, backend, verifier, tokens, alarms, now });
  const joiner = new Joiner({
    subscriptions,
    presence,
    verifier,
    revocations,
    alarms,
    visits,
    maxChannels,
    now,
    leeway: tokenLeeway,
    approvals,
    ...subscriptionLog(log),
  });
  const gaps = new Gaps({ registry, joiner, members: (channel) => rooms.rooms.get(channel) ?? [] });
  const lifecycle = new Lifecycle({
    node,
    registry,
    joiner,
    accounts,
    alarms,
    revocations,
    leeway: tokenLeeway,
    visits,
    log,
    meter,
    now,
    approvals,
  });
  const describe = () => describeNode(context, subscriptions.count);
  const commands = new CommandExecutor({ node, registry, joiner, lifecycle, revocations, describe, log });
  const services = {
    rules,
    joiner,
    accounts,
    publisher,
    history,
    presence,
    authenticator,
    lifecycle,
    maxChannels,
    now,
    backend,
    approvals,
  };
  const unnamed = unnamedRequest(services.backend);
  const bounds = { maxDepth, rate, burst };
  const dispatcher = new Dispatcher({
    requests,
    unnamed,
    services,
    lifecycle,
    accounts,
    meter,
    log,
    ...bounds,
  });
  return { backend, authenticator, plainAuthenticator, gaps, lifecycle, commands, dispatcher };
}

/** The node as the others are told of it. */
function describeNode(
  { config, started, now, registry, shutdown }: Context,
  subscriptions: number,
): NodeInfo {
  const { draining } = shutdown;
  const uptime = Math.floor((now() - started) / 1_000);
  return { node: config.nodeId, version, uptime, connections: registry.size, subscriptions, draining };
}
