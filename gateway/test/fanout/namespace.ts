import type { Namespace } from "socket.io";
import { Encoder } from "socket.io-parser";
import { Outlet } from "../../src/fanout/outlet.ts";

/** An outlet that shows what it is given. */
export class FakeOutlet extends Outlet {
  readonly append: (frames: Buffer) => void;

  constructor(show: (frames: Buffer) => void) {
    super();
    this.append = show;
  }
}

/** A socket as far as an adapter knows it. */
export interface FakeSocket {
  id: string;
  acks: Map<number, unknown>;
  /** An outlet, where it is a socket of this node's engine. */
  conn?: Outlet;
  client: { writeToEngine(packets: (string | Buffer)[]): void };
}

/** The part of a Socket.IO namespace that an adapter touches. */
export function fakeNamespace(sockets = new Map<string, FakeSocket>()): Namespace {
  return { name: "/", sockets, server: { encoder: new Encoder() } } as unknown as Namespace;
}
