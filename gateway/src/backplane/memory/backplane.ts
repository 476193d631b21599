/*
 * The backplane of a node that is alone: development, tests, and one node in production. It passes the contract suite
 * that Redis' passes, so what works on one works on the other; what is in it ends with the process.
 */

import type { TidingKind } from "../../config/hooks.ts";
import { encodeHead } from "../../protocol/packet.ts";
import type { Announce, Backplane, BackplaneHost } from "../ports.ts";
import { noTidings, type TidingOptions } from "../tidings.ts";
import { MemoryBroker } from "./broker.ts";
import { MemoryControl } from "./control.ts";
import { noPeers } from "./peers.ts";
import { MemoryPresence } from "./presence.ts";
import { MemoryRevocations } from "./revocations.ts";
import { MemoryTidings } from "./tidings.ts";
import { MemoryUsers } from "./users.ts";

const sweepInterval = 1_000;

export interface MemoryBackplaneOptions {
  /** Unix milliseconds; the system's clock where absent. */
  now?: () => number;
  /** Milliseconds from a token's `iat` in which it may be accepted. */
  tokenLifetime: number;
  /** What hooks are told; nothing where absent. */
  tidings?: TidingOptions | undefined;
}

/** A cluster of one node, which holds everything in its own memory and loses it when it stops. */
export function createMemoryBackplane(host: BackplaneHost, options: MemoryBackplaneOptions): Backplane {
  const { now = Date.now, tokenLifetime } = options;
  const tidings = new MemoryTidings(options.tidings ?? noTidings, now);
  const control = new MemoryControl(host.target);
  const replace = (connection: string) => void control.send({ kind: "replace", connection });
  const users = new MemoryUsers({ tidings, now, replace });
  const hears = (...kinds: TidingKind[]) =>
    tidings.options.listeners.some((one) => kinds.some((kind) => one.kinds.has(kind)));
  const onStored = hears("published", "unseen") ? users.published.bind(users) : undefined;
  const broker = new MemoryBroker(now, onStored);
  const announce: Announce = (channel, event, change) => {
    // Without retention and key a publication is a bare delivery, to a subscribed channel only.
    void broker.publish({ channel, ...encodeHead(event, { channel, ...change }), except: [] });
  };
  const revocations = new MemoryRevocations({ now, lifetime: tokenLifetime });
  const presence = new MemoryPresence({
    announce,
    now,
    tidings: hears("occupied", "vacated") ? tidings : undefined,
  });
  const sweep = (): void => {
    broker.sweep();
    presence.sweep();
    users.sweep();
    revocations.sweep();
  };
  let sweeper: NodeJS.Timeout | undefined;
  return {
    broker,
    presence,
    control,
    revocations,
    users,
    tidings,
    peers: noPeers,
    healthy: () => true,
    status: () => ({ connected: { commands: 0, subscriber: 0, reads: 0 }, pending: 0, lag: 0, nodes: 1 }),
    // Nobody else reads what this node writes.
    understoodByAll: () => true,
    async start() {
      sweeper = setInterval(sweep, sweepInterval).unref();
    },
    async stop() {
      clearInterval(sweeper);
    },
  };
}
