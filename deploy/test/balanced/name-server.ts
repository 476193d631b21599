import { createSocket, type Socket } from "node:dgram";
import type { AddressInfo } from "node:net";

const header = 12;
const typeA = 1;

/** Answers what the address of a name is, of the names that it was given. */
export class NameServer {
  readonly addresses = new Map<string, string>();
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (query, { port, address }) => socket.send(this.#answer(query), port, address));
  }

  static async start(): Promise<NameServer> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    return new NameServer(socket);
  }

  get port(): number {
    return (this.#socket.address() as AddressInfo).port;
  }

  stop(): void {
    this.#socket.close();
  }

  #answer(query: Buffer): Buffer {
    const { name, end } = nameIn(query);
    const question = query.subarray(header, end + 4);
    const address = query.readUInt16BE(end) === typeA ? this.addresses.get(name) : undefined;
    const head = Buffer.alloc(header);
    query.copy(head, 0, 0, 2);
    // An answer, recursion desired and available; one question.
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(1, 4);
    if (address === undefined) return Buffer.concat([head, question]);
    head.writeUInt16BE(1, 6);
    // The question's name, type A, class IN, a second to live, four bytes.
    const record = Buffer.from([0xc0, header, 0, typeA, 0, 1, 0, 0, 0, 1, 0, 4]);
    return Buffer.concat([head, question, record, Buffer.from(address.split(".").map(Number))]);
  }
}

function nameIn(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = header;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), end: at + 1 };
}
