import type { Socket } from "socket.io";
import type { Wire } from "../connection/connection.ts";
import { agentOf } from "./agent.ts";
import { EngineSocket } from "./engine-socket.ts";
import { makeLean } from "./lean-socket.ts";

/** A Socket.IO socket as a connection's wire. */
export class SocketWire implements Wire {
  readonly id: string;
  readonly address: string;
  readonly agent: string;
  readonly #socket: Socket;

  constructor(socket: Socket, address: string) {
    this.id = socket.id;
    this.address = address;
    this.agent = agentOf(socket.handshake.headers);
    this.#socket = socket;
  }

  get full(): boolean {
    return engineSocketOf(this.#socket)?.full ?? false;
  }

  get heard(): number {
    return engineSocketOf(this.#socket)?.heard ?? 0;
  }

  whenDrained(resume: () => void): void {
    engineSocketOf(this.#socket)?.whenDrained(resume);
  }

  send(event: string, payload: object): void {
    this.#socket.emit(event, payload);
  }

  close(): void {
    sendAway(this.#socket);
  }

  disconnect(): void {
    this.#socket.disconnect(true);
  }
}

/**
 * Of a socket that has just connected, neither the token nor the headers are needed any more; they would stay for as
 * long as the connection.
 *
 * @param listeners called with each event, as `onAny` has it; they are the same for all sockets
 */
export function forgetHandshake(socket: Socket, listeners: readonly unknown[]): void {
  makeLean(socket, listeners);
  const engineSocket = engineSocketOf(socket);
  if (engineSocket) engineSocket.request = undefined;
}

/** Ends the connection in the way from which its client comes back. */
export function sendAway(socket: Socket): void {
  const engineSocket = engineSocketOf(socket);
  if (engineSocket) engineSocket.sendAway();
  else socket.conn.close();
}

/** @returns undefined where there is no socket, or another engine's */
export function engineSocketOf(socket: Socket | undefined): EngineSocket | undefined {
  const connection: unknown = socket?.conn;
  return connection instanceof EngineSocket ? connection : undefined;
}
