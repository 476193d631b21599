import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { textFrame } from "../../src/fanout/frame.ts";
import { WebSocket, type WebSocketOwner } from "../../src/transport/websocket.ts";
import { abnormal, closeFrame, frame, RawSocket } from "../support/raw-socket.ts";

/** Keeps what it is told. */
class Owner implements WebSocketOwner {
  full = false;
  readonly told: string[] = [];
  readonly #socket: Socket;
  #resume: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  whenDrained(resume: () => void): void {
    this.#resume = resume;
  }

  drain(): void {
    this.full = false;
    this.#resume?.();
  }

  append(frames: Buffer): void {
    this.#socket.write(frames);
  }

  flush(): void {
    this.told.push("flush");
  }

  receive(data: Buffer): void {
    this.told.push(data.toString());
  }

  onPong(data: Buffer): void {
    this.told.push(`pong ${data}`);
  }

  onClosed(code: number): void {
    this.told.push(`closed ${code}`);
  }

  onFailed(error: Error): void {
    this.told.push(`failed: ${error.message}`);
  }
}

let server: Server;
let client: RawSocket;
let accepted: Socket;
let websocket: WebSocket;
let owner: Owner;

beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const tcp = connect({ port, host: "127.0.0.1" }).on("error", () => {});
  [accepted] = await once(server, "connection");
  websocket = new WebSocket(accepted, 100);
  owner = new Owner(accepted);
  websocket.belongTo(owner);
  client = new RawSocket(tcp, Buffer.alloc(0));
});

afterEach(async () => {
  vi.useRealTimers();
  client.destroy();
  accepted.destroy();
  server.close();
  await once(server, "close");
});

const told = (expected: string[]) => expect.poll(() => owner.told).toEqual(expected);

it("answers a close frame with its code, behind what its owner has still to send", async () => {
  client.write(frame("last"), closeFrame(4_000));
  await told(["last", "flush", "closed 4000"]);
  expect(await client.closed).toBe(4_000);
});

it("skips what comes behind its own close, and ends once that is answered", async () => {
  websocket.close(4_400, "why");
  client.write(frame("late"));
  expect(await client.closed).toBe(4_400);
  expect(client.frames.map(({ payload }) => payload.subarray(2).toString())).toEqual(["why"]);
  await told(["flush", "closed 1005"]);
});

it("cuts a peer that floods it behind its close", async () => {
  websocket.close(4_508);
  client.tcp.removeAllListeners("data");
  client.tcp.resume();
  const bytes = frame("x".repeat(100));
  const flood = Buffer.concat(Array<Buffer>(1_000).fill(bytes));
  while (!client.tcp.destroyed) {
    client.tcp.write(flood);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(accepted.bytesRead).toBeLessThan(2_097_152);
});

it("hangs up behind what was written, and cuts off a peer that does not end its side", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  client.tcp.allowHalfOpen = true;
  accepted.write(textFrame("a"));
  websocket.hangUp();
  await once(client.tcp, "end");
  expect(client.texts).toEqual(["a"]);
  vi.advanceTimersByTime(4_000);
  expect(accepted.destroyed).toBe(false);
  vi.advanceTimersByTime(2_000);
  expect(accepted.destroyed).toBe(true);
});

it("tells its owner that the peer has gone without a word", async () => {
  client.tcp.end();
  await told([`closed ${abnormal}`]);
});

it("says what the peer breaks, and reads nothing more", async () => {
  client.write(frame("x".repeat(101)), frame("more"));
  expect(await client.closed).toBe(1_009);
  expect(owner.told).toEqual([expect.stringMatching(/^failed: /), "flush"]);
});

it("answers the newest of the pings that come together", async () => {
  const ping = { opcode: 9 };
  client.write(frame("1", ping), frame("2", ping), frame("3", ping));
  await expect.poll(() => client.frames.length).toBe(1);
  expect(client.frames[0]).toMatchObject({ opcode: 10, payload: Buffer.from("3") });
});

it("closes on hundreds of pings or pongs at once", async () => {
  client.write(...Array<Buffer>(300).fill(frame("", { opcode: 10 })));
  expect(await client.closed).toBe(1_008);
});

it("reads no further while its owner is full or it is paused, and loses nothing", async () => {
  owner.full = true;
  client.write(frame("a"), frame("b"), frame("c"));
  await told(["a"]);
  expect(websocket.choked).toBe(true);
  websocket.pause();
  owner.drain();
  client.write(frame("d"));
  websocket.pause();
  expect(owner.told).toEqual(["a"]);
  websocket.resume();
  await told(["a", "b", "c", "d"]);
});
