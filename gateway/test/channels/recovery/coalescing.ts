import { noPeers } from "../../../src/backplane/memory/peers.ts";
import { CoalescingAdapter } from "../../../src/fanout/adapter.ts";
import { Turn } from "../../../src/fanout/turn.ts";
import { FakeOutlet, type FakeSocket, fakeNamespace } from "../../fanout/namespace.ts";

/** A socket for whatever id is asked for. None of them has a room of its own. */
class AnySocket extends Map<string, FakeSocket> {
  readonly #show: (connection: string, frames: Buffer) => void;

  constructor(show: (connection: string, frames: Buffer) => void) {
    super();
    this.#show = show;
  }

  override get(id: string): FakeSocket {
    const conn = new FakeOutlet((frames) => this.#show(id, frames));
    return { id, client: { writeToEngine() {} }, acks: new Map(), conn };
  }
}

/** The rooms of a node, the real ones. @param show is given what a connection is sent */
export function createRooms(show: (connection: string, frames: Buffer) => void): CoalescingAdapter {
  return new CoalescingAdapter(fakeNamespace(new AnySocket(show)), {
    onDelivered() {},
    onConflated() {},
    turn: new Turn(),
    peers: noPeers,
  });
}
