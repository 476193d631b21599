import type { Namespace } from "socket.io";
import { Encoder } from "socket.io-parser";

/** A socket as far as an adapter knows it. */
export interface FakeSocket {
  id: string;
  acks: Map<number, unknown>;
  client: { writeToEngine(packets: (string | Buffer)[]): void };
}

/** The part of a Socket.IO namespace that an adapter touches. */
export function fakeNamespace(sockets = new Map<string, FakeSocket>()): Namespace {
  return { name: "/", sockets, server: { encoder: new Encoder() } } as unknown as Namespace;
}
