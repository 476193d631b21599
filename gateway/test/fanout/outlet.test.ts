import type { Socket } from "node:net";
import { Writable } from "node:stream";
import { expect, it, vi } from "vitest";
import { type OutletLimits, SocketOutlet } from "../../src/fanout/outlet.ts";
import { Turn } from "../../src/fanout/turn.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A peer that takes nothing until it is told to. */
class StalledSocket extends Writable {
  readonly taken: Buffer[] = [];
  #resume: (() => void) | undefined;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken.push(chunk);
    this.#resume = done;
  }

  /** Takes what it was given last. */
  take(): void {
    this.#resume?.();
  }

  /** Takes all that waits. */
  async drain(): Promise<void> {
    while (this.writableLength > 0) {
      this.take();
      await turn();
    }
  }
}

/** It drops its peer as a transport does. */
class TestOutlet extends SocketOutlet {
  slow = 0;
  readonly #peer: Writable;

  constructor(peer: Writable, limits: OutletLimits) {
    super(peer as unknown as Socket, limits);
    this.#peer = peer;
  }

  end(): void {
    this.release();
  }

  protected override onSlow(): void {
    this.slow += 1;
    this.#peer.destroy();
  }
}

function setUp(unsentLimit: number) {
  const socket = new StalledSocket();
  const sent: number[] = [];
  const dropped: number[] = [];
  const onSent = (bytes: number) => void sent.push(bytes);
  const onDropped = (bytes: number) => void dropped.push(bytes);
  const outlet = new TestOutlet(socket, { turn: new Turn(), unsentLimit, onSent, onDropped });
  return { socket, sent, dropped, outlet };
}

it("writes a turn's frames once, in their order, and counts them", async () => {
  const { outlet, socket, sent } = setUp(100);
  for (const text of ["a", "b", "c"]) outlet.append(Buffer.from(text));
  expect(socket.taken).toEqual([]);
  await turn();
  expect(socket.taken.map(String)).toEqual(["abc"]);
  expect(outlet.unsent).toBe(3);
  outlet.append(Buffer.from("d"));
  await turn();
  await socket.drain();
  expect(socket.taken.map(String)).toEqual(["abc", "d"]);
  expect(sent).toEqual([3, 1]);
});

it("lets one turn write more than the limit, in one write or many", async () => {
  const { outlet } = setUp(100);
  for (let count = 0; count < 11; count += 1) outlet.append(Buffer.alloc(1_000));
  await turn();
  expect(outlet.slow).toBe(0);
  expect(outlet.unsent).toBe(11_000);
});

it("drops a peer that left more than the limit from earlier turns", async () => {
  const { outlet, sent, dropped } = setUp(100);
  outlet.append(Buffer.alloc(101));
  await turn();
  outlet.append(Buffer.alloc(1));
  outlet.append(Buffer.alloc(1));
  await turn();
  outlet.append(Buffer.alloc(1));
  await turn();
  expect(outlet.slow).toBe(1);
  expect(sent).toEqual([101]);
  expect(dropped).toEqual([103]);
});

it("keeps a peer that left exactly the limit", async () => {
  const { outlet } = setUp(100);
  outlet.append(Buffer.alloc(100));
  await turn();
  outlet.append(Buffer.alloc(1_000));
  await turn();
  expect(outlet.slow).toBe(0);
});

it("keeps a peer that took the last turn's bytes, however many", async () => {
  const { outlet, socket } = setUp(100);
  for (let count = 0; count < 5; count += 1) {
    outlet.append(Buffer.alloc(10_000));
    await turn();
    await socket.drain();
  }
  expect(outlet.slow).toBe(0);
});

it("writes at once what is flushed before the turn ends, and not again then", async () => {
  const { outlet, socket, sent } = setUp(100);
  outlet.append(Buffer.from("a"));
  outlet.flush();
  expect(sent).toEqual([1]);
  await turn();
  await socket.drain();
  expect(socket.taken.map(String)).toEqual(["a"]);
});

it("writes nothing to a socket that has ended", async () => {
  const { outlet, socket, sent } = setUp(100);
  outlet.append(Buffer.alloc(10));
  socket.destroy();
  await turn();
  outlet.append(Buffer.alloc(10));
  await turn();
  expect(sent).toEqual([]);
});

it("uncorks a new connection's socket with its first write", async () => {
  const { outlet, socket } = setUp(100);
  socket.cork();
  socket.write("answer to the upgrade ");
  outlet.append(Buffer.from("a"));
  await turn();
  await socket.drain();
  expect(Buffer.concat(socket.taken).toString()).toBe("answer to the upgrade a");
});

/** What a client's own answers may leave waiting. */
const mark = 256 * 1024;
const unlimited = Number.MAX_SAFE_INTEGER;

it("is full above 256 KiB, the turn's own bytes included", async () => {
  const { outlet, socket } = setUp(unlimited);
  outlet.append(Buffer.alloc(mark - 1));
  outlet.append(Buffer.alloc(1));
  expect(outlet.full).toBe(false);
  outlet.append(Buffer.alloc(1));
  expect(outlet.full).toBe(true);
  await turn();
  expect(outlet.full).toBe(true);
  await socket.drain();
  expect(outlet.full).toBe(false);
});

it("tells once, when the peer has taken what was written before anybody waited", async () => {
  const { outlet, socket } = setUp(unlimited);
  const resume = vi.fn();
  outlet.append(Buffer.alloc(mark + 1));
  await turn();
  outlet.whenDrained(resume);
  outlet.append(Buffer.alloc(1));
  await turn();
  expect(resume).toHaveBeenCalledTimes(0);
  await socket.drain();
  expect(resume).toHaveBeenCalledTimes(1);
  outlet.append(Buffer.alloc(mark + 1));
  await turn();
  await socket.drain();
  expect(resume).toHaveBeenCalledTimes(1);
  expect(socket.listenerCount("drain")).toBe(0);
});

it("tells after the turn in which the peer took all at once", async () => {
  const { outlet, socket } = setUp(unlimited);
  const resume = vi.fn();
  outlet.append(Buffer.alloc(mark + 1));
  outlet.whenDrained(resume);
  expect(resume).toHaveBeenCalledTimes(0);
  await turn();
  await socket.drain();
  expect(resume).toHaveBeenCalledTimes(1);
});

it("tells when less waits, although a room keeps writing and the socket is never empty", async () => {
  const { outlet, socket } = setUp(unlimited);
  const resume = vi.fn();
  outlet.append(Buffer.alloc(mark + 1));
  outlet.whenDrained(resume);
  await turn();
  outlet.append(Buffer.alloc(1_000));
  await turn();
  socket.take();
  await turn();
  expect(outlet.unsent).toBe(1_000);
  expect(resume).toHaveBeenCalledTimes(1);
});

it("lets nobody wait for a peer that has gone", () => {
  const { outlet } = setUp(unlimited);
  const resume = vi.fn();
  outlet.append(Buffer.alloc(mark + 1));
  outlet.whenDrained(resume);
  outlet.end();
  outlet.end();
  expect(resume).toHaveBeenCalledTimes(1);
});

it("knows of a large write on its way, be it of one frame or of many", async () => {
  const { outlet } = setUp(1_000_000);
  outlet.append(Buffer.alloc(60_000));
  await turn();
  expect(outlet.largeUnderWay).toBe(false);
  outlet.append(Buffer.alloc(60_000));
  outlet.append(Buffer.alloc(60_000));
  await turn();
  expect(outlet.largeUnderWay).toBe(true);
});
