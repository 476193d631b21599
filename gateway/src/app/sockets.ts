/*
 * Wires Socket.IO on the gateway's own engine, with rooms that write once a turn. It comes before the channels, whose
 * members the rooms have.
 */

import type { Peers } from "../backplane/peers.ts";
import { Turn } from "../fanout/turn.ts";
import type { Meter } from "../meter.ts";
import { Engine } from "../transport/engine.ts";
import { createSocketServer } from "../transport/socketio.ts";
import type { Context } from "./context.ts";

interface SocketsOptions {
  meter: Meter;
  peers: Peers;
}

/** The sockets of this node, and the rooms that they are in. */
export function createSockets({ config, now }: Context, { meter, peers }: SocketsOptions) {
  const turn = new Turn(config.flushDelay);
  const outlets = { turn, unsentLimit: config.sendQueueLimit, onSent: meter.sent, onDropped: meter.dropped };
  const engine = new Engine({ ...config, outlets });
  const onDelivered = (messages: number, copies: number, published: number | undefined) =>
    meter.delivered(messages, copies, published && Math.max(0, now() - published) / 1_000);
  const { connectTimeout } = config;
  const fanout = { onDelivered, onConflated: meter.conflated, turn, peers };
  const onReceived = meter.received;
  return { engine, ...createSocketServer({ engine, connectTimeout, fanout, onReceived }) };
}
