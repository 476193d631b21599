import { noPeers } from "../../../src/backplane/memory/peers.ts";
import { CoalescingAdapter } from "../../../src/fanout/adapter.ts";
import type { Outlet } from "../../../src/fanout/outlet.ts";
import { Turn } from "../../../src/fanout/turn.ts";
import { fakeNamespace } from "../../fanout/namespace.ts";

/** The rooms of a node, the real ones. @param show is given what a connection is sent */
export function createRooms(show: (connection: string, frames: Buffer) => void): CoalescingAdapter {
  const outletOf = (id: string): Outlet => ({ append: (frames) => show(id, frames) });
  return new CoalescingAdapter(fakeNamespace(), {
    outletOf,
    onDelivered() {},
    onConflated() {},
    turn: new Turn(),
    peers: noPeers,
  });
}
