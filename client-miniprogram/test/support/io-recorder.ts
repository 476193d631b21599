import { HostIoSocket } from "../../src/socketio/host-io-socket.ts";
import { MemoryNetwork, Phone, type PhoneOptions } from "../../testing/index.ts";

/** A Socket.IO socket on a phone, and what it reports: the event's name and its arguments. */
export interface Recorder {
  socket: HostIoSocket;
  phone: Phone;
  told: unknown[][];
}

/** @param auth what the handshake carries */
export function openSocket(address: string, options: PhoneOptions = {}, auth: object = {}): Recorder {
  const phone = new Phone(options);
  const told: unknown[][] = [];
  const socket = new HostIoSocket(phone.wx, address, phone.clock, (give) => give(auth));
  for (const event of ["connect", "connect_error", "disconnect"]) {
    socket.on(event, (...args: unknown[]) => told.push([event, ...args]));
  }
  socket.onAny((event, ...args) => told.push([event, ...args]));
  return { socket, phone, told };
}

/** A server in memory: what is sent to the socket is the test's. */
export function openInMemory(options: PhoneOptions = {}, auth: object = {}) {
  const network = new MemoryNetwork();
  const recorder = openSocket("ws://server.test/", { ...options, network: network.connect }, auth);
  /** Sends frames as the server, once it has been dialled. */
  const send = (...frames: (string | ArrayBuffer)[]) => {
    for (const frame of frames) network.peers[0]?.send(frame);
  };
  return { ...recorder, network, send, received: () => network.peers[0]?.received ?? [] };
}

export const opening = '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100}';
