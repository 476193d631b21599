import type { Peers } from "../peers.ts";

/** A node that is alone. */
export const noPeers: Peers = {
  attach() {},
  async publish() {},
  async respond() {},
  count: () => Promise.resolve(1),
  subscribe() {},
  unsubscribe() {},
};
