import type { Socket } from "socket.io";
import type { Wire } from "../connection/connection.ts";
import { agentOf } from "./agent.ts";
import { EngineSocket } from "./engine-socket.ts";

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
