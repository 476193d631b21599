/*
 * The backplane of a node that is alone: development, tests, and one node in production. It passes the contract suite
 * that Redis' passes, so what works on one works on the other; what is in it ends with the process.
 */

import { encodeHead } from "../../protocol/packet.ts";
import type { Announce, Backplane, BackplaneHost } from "../ports.ts";
import { MemoryBroker } from "./broker.ts";
import { MemoryControl } from "./control.ts";
import { noPeers } from "./peers.ts";
import { MemoryPresence } from "./presence.ts";
import { MemoryRevocations } from "./revocations.ts";

const sweepInterval = 1_000;

export interface MemoryBackplaneOptions {
  /** Unix milliseconds; the system's clock where absent. */
  now?: () => number;
  /** Milliseconds from a token's `iat` in which it may be accepted. */
  tokenLifetime: number;
}

/** A cluster of one node, which holds everything in its own memory and loses it when it stops. */
export function createMemoryBackplane(host: BackplaneHost, options: MemoryBackplaneOptions): Backplane {
  const { now = Date.now, tokenLifetime } = options;
  const broker = new MemoryBroker(now);
  const announce: Announce = (channel, event, change) => {
    // Without retention and key a publication is a bare delivery, to a subscribed channel only.
    void broker.publish({ channel, ...encodeHead(event, { channel, ...change }), except: [] });
  };
  const revocations = new MemoryRevocations({ now, lifetime: tokenLifetime });
  const presence = new MemoryPresence({ announce, now });
  const sweep = (): void => {
    broker.sweep();
    presence.sweep();
    revocations.sweep();
  };
  let sweeper: NodeJS.Timeout | undefined;
  return {
    broker,
    presence,
    control: new MemoryControl(host.target),
    revocations,
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
