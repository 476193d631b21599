import { performance } from "node:perf_hooks";
import { PacketType } from "socket.io-parser";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { noPeers } from "../../src/backplane/memory/peers.ts";
import { CoalescingAdapter } from "../../src/fanout/adapter.ts";
import { textFrame } from "../../src/fanout/frame.ts";
import { Turn } from "../../src/fanout/turn.ts";
import { numbered, summary } from "./messages.ts";
import { FakeOutlet, type FakeSocket, fakeNamespace } from "./namespace.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

let sockets: Map<string, FakeSocket>;
/** What each socket was sent: one entry a write. */
let writes: Map<string, string[][]>;
let counted: (number | undefined)[];
let conflated: number;
let adapter: CoalescingAdapter;

function createAdapter(flushDelay = 0): CoalescingAdapter {
  return new CoalescingAdapter(fakeNamespace(sockets), {
    onDelivered: (...counts) => counted.push(...counts),
    onConflated: (messages) => {
      conflated += messages;
    },
    turn: new Turn(flushDelay),
    peers: noPeers,
  });
}

function note(id: string, frames: Buffer): void {
  writes.get(id)?.push(summary(frames));
}

/** Sockets that are connected, none in a room. */
function connect(...ids: string[]): void {
  for (const id of ids) {
    writes.set(id, []);
    const writeToEngine = (packets: (string | Buffer)[]) => note(id, textFrame(`4${packets[0]}`));
    const conn = new FakeOutlet((frames) => note(id, frames));
    sockets.set(id, { id, client: { writeToEngine }, acks: new Map(), conn });
    adapter.addAll(id, new Set([id]));
  }
}

function emit(event: string, ...rooms: string[]): void {
  const packet = { type: PacketType.EVENT, nsp: "/", data: [event, {}] };
  adapter.broadcast(packet, { rooms: new Set(rooms), except: new Set(), flags: {} });
}

beforeEach(() => {
  sockets = new Map();
  writes = new Map();
  counted = [];
  conflated = 0;
  adapter = createAdapter();
});

afterEach(async () => {
  adapter.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
  // A flush that a test did not wait for must not be seen by the next one.
  await turn();
});

describe("a turn", () => {
  it("writes each member once, with all messages in their order", async () => {
    connect("ann", "bob", "eve");
    adapter.join("ann", "room");
    adapter.join("bob", "room");
    for (const offset of [1, 2, 3]) adapter.deliver(numbered(offset));
    expect(writes.get("ann")).toEqual([]);
    await turn();
    expect(writes.get("ann")).toEqual([["1", "2", "3"]]);
    expect(writes.get("bob")).toEqual([["1", "2", "3"]]);
    expect(writes.get("eve")).toEqual([]);
    expect(counted).toEqual([3, 6, undefined]);
  });

  it("brings whoever is left out the position, in its place", async () => {
    connect("ann", "bob");
    for (const id of ["ann", "bob"]) adapter.join(id, "room");
    adapter.deliver(numbered(1));
    adapter.deliver(numbered(2, { except: ["ann"] }));
    await turn();
    expect(writes.get("ann")).toEqual([["1", "position 2"]]);
    expect(writes.get("bob")).toEqual([["1", "2"]]);
    expect(counted).toEqual([2, 3, undefined]);
  });

  it("does nothing for a room without members", async () => {
    adapter.deliver(numbered(1));
    adapter.deliver(numbered(2), 200);
    await turn();
    expect(counted).toEqual([]);
  });

  it("says when the first of its messages was published, unless that waited on purpose", async () => {
    connect("ann");
    adapter.join("ann", "room");
    const packet = (time: number) => `42["message",{"data":0,"time":${time},"position":"e:1"}]`;
    for (const time of [1_795_377_193_257, 1_795_377_193_999]) {
      adapter.deliver(numbered(1, { packet: packet(time) }));
    }
    await turn();
    adapter.deliver(numbered(1, { packet: packet(1_795_377_193_257) }), 200);
    await turn();
    expect(counted).toEqual([2, 2, 1_795_377_193_257, 1, 1, undefined]);
  });

  it("passes over a member whose transport is not ours", async () => {
    connect("ann", "bob");
    for (const id of ["ann", "bob"]) adapter.join(id, "room");
    delete sockets.get("ann")?.conn;
    adapter.deliver(numbered(1));
    await turn();
    expect(writes.get("bob")).toEqual([["1"]]);
    expect(counted).toEqual([1, 1, undefined]);
  });
});

describe("order within a room", () => {
  it("sends a newcomer nothing that came before it", async () => {
    connect("ann", "bob");
    adapter.join("ann", "room");
    adapter.deliver(numbered(1));
    adapter.join("bob", "room");
    adapter.deliver(numbered(2));
    await turn();
    expect(writes.get("ann")).toEqual([["1"], ["2"]]);
    expect(writes.get("bob")).toEqual([["2"]]);
  });

  it("sends whoever leaves all that came before", async () => {
    connect("ann");
    adapter.join("ann", "room");
    adapter.deliver(numbered(1));
    adapter.leave("ann", "room");
    adapter.deliver(numbered(2));
    await turn();
    expect(writes.get("ann")).toEqual([["1"]]);
  });

  it("holds between messages and what is broadcast to the room", async () => {
    connect("ann");
    adapter.join("ann", "room");
    adapter.deliver(numbered(1));
    emit("first", "room");
    adapter.deliver(numbered(2));
    adapter.deliver(numbered(3));
    emit("second", "other", "room");
    adapter.deliver(numbered(4));
    await turn();
    expect(writes.get("ann")?.flat()).toEqual(["1", "first", "2", "3", "second", "4"]);
  });

  it("holds between messages and what is broadcast to everybody", async () => {
    connect("ann");
    adapter.join("ann", "room");
    adapter.deliver(numbered(1));
    emit("all");
    await turn();
    expect(writes.get("ann")?.flat()).toEqual(["1", "all"]);
  });

  it("holds between messages and a broadcast that asks for acknowledgements", async () => {
    connect("ann");
    adapter.join("ann", "room");
    adapter.deliver(numbered(1));
    const packet = { type: PacketType.EVENT, nsp: "/", data: ["ask", {}] };
    const options = { rooms: new Set(["room"]), except: new Set<string>(), flags: {} };
    adapter.broadcastWithAck(
      packet,
      options,
      () => {},
      () => {},
    );
    await turn();
    expect(writes.get("ann")?.flat()).toEqual(["1", "ask"]);
  });

  it("leaves the batches of other rooms alone", async () => {
    connect("ann");
    adapter.join("ann", "room");
    adapter.deliver(numbered(1));
    emit("elsewhere", "other");
    adapter.deliver(numbered(2));
    await turn();
    expect(writes.get("ann")).toEqual([["1", "2"]]);
  });
});

describe("conflated rooms", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  });

  it("send the first value at once and the newest after the interval, but not to a newcomer", async () => {
    connect("ann", "bob");
    adapter.join("ann", "room");
    for (const offset of [1, 2, 3]) adapter.deliver(numbered(offset), 200);
    adapter.join("bob", "room");
    await turn();
    expect(writes.get("ann")).toEqual([["1"]]);
    vi.advanceTimersByTime(200);
    adapter.deliver(numbered(4), 200);
    vi.advanceTimersByTime(200);
    await turn();
    expect(writes.get("ann")?.flat()).toEqual(["1", "3", "4"]);
    expect(writes.get("bob")?.flat().at(-1)).toBe("4");
    expect(writes.get("bob")?.flat()).not.toContain("3");
    expect(conflated).toBe(1);
  });

  it("keep nothing once the last member has gone", async () => {
    connect("ann");
    adapter.join("ann", "room");
    for (const offset of [1, 2]) adapter.deliver(numbered(offset), 200);
    adapter.delAll("ann");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keep no timer of a closed adapter", () => {
    connect("ann");
    adapter.join("ann", "room");
    adapter.deliver(numbered(1), 200);
    adapter.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a flush delay", () => {
  it("never makes a lone message wait, and keeps the next flush apart", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const clock = vi.spyOn(performance, "now").mockReturnValue(1_000_000);
    adapter = createAdapter(50);
    connect("ann");
    adapter.join("ann", "room");
    adapter.deliver(numbered(1));
    await turn();
    expect(writes.get("ann")).toEqual([["1"]]);
    clock.mockReturnValue(1_000_010);
    adapter.deliver(numbered(2));
    adapter.deliver(numbered(3));
    await turn();
    vi.advanceTimersByTime(39);
    expect(writes.get("ann")).toEqual([["1"]]);
    vi.advanceTimersByTime(1);
    expect(writes.get("ann")).toEqual([["1"], ["2", "3"]]);
  });
});

describe("Socket.IO's operations", () => {
  it("send what goes to several rooms, to a socket, or past some once, in the order of the calls", async () => {
    connect("ann", "bob", "eve");
    for (const room of ["one", "two"]) adapter.addAll("ann", new Set([room]));
    adapter.addAll("bob", new Set(["two"]));
    emit("several", "one", "two");
    emit("to ann", "ann");
    adapter.broadcast(
      { type: PacketType.EVENT, nsp: "/", data: ["past bob", {}] },
      { rooms: new Set(), except: new Set(["bob"]), flags: {} },
    );
    await turn();
    expect(writes.get("ann")?.flat()).toEqual(["several", "to ann", "past bob"]);
    expect(writes.get("bob")?.flat()).toEqual(["several"]);
    expect(writes.get("eve")?.flat()).toEqual(["past bob"]);
  });

  it("leave it to the gateway to end a subscription, and a connection", async () => {
    const asked: string[] = [];
    adapter.attend({
      leave: (connection, channel) => asked.push(`${connection} leaves ${channel}`) > 0,
      end: (connection) => asked.push(`${connection} ends`) > 0,
    });
    connect("ann");
    adapter.join("ann", "room");
    adapter.del("ann", "room");
    expect(adapter.rooms.has("room")).toBe(true);
    adapter.disconnectSockets({ rooms: new Set(["room"]) }, false);
    expect(asked).toEqual(["ann leaves room", "ann ends"]);
    adapter.leave("ann", "room");
    expect(adapter.rooms.has("room")).toBe(false);
  });

  it("have a socket join the room that another one has of its own, which outlives that one", async () => {
    const told: string[] = [];
    adapter.watch({ opened: (room) => told.push(`+${room}`), closed: (room) => told.push(`-${room}`) });
    connect("ann", "bob", "eve");
    adapter.addAll("ann", new Set(["bob", "eve"]));
    emit("to bob", "bob");
    adapter.del("ann", "eve");
    emit("to eve", "eve");
    expect([...(adapter.socketRooms("ann") ?? [])]).toEqual(["ann", "bob"]);
    expect(told).toEqual([]);
    adapter.delAll("bob");
    sockets.delete("bob");
    adapter.delAll("eve");
    sockets.delete("eve");
    emit("to what was bob's", "bob");
    emit("to nobody", "eve");
    adapter.delAll("ann");
    await turn();
    expect(writes.get("ann")?.flat()).toEqual(["to bob", "to what was bob's"]);
    expect(writes.get("bob")?.flat()).toEqual(["to bob"]);
    expect(writes.get("eve")?.flat()).toEqual(["to eve"]);
    expect(told).toEqual(["+bob", "-bob"]);
    expect([...adapter.rooms.keys()]).toEqual([]);
  });

  it("do not say that a socket is in a room of its own which never was, until it is", () => {
    const told: string[] = [];
    adapter.on("create-room", (room: string) => told.push(`+${room}`));
    adapter.on("delete-room", (room: string) => told.push(`-${room}`));
    connect("ann");
    adapter.delAll("ann");
    adapter.addAll("ann", new Set(["room"]));
    expect([...(adapter.socketRooms("ann") ?? [])]).toEqual(["room"]);
    expect(adapter.rooms.has("ann")).toBe(false);
    adapter.delAll("ann");
    adapter.addAll("ann", new Set(["room"]));
    adapter.addAll("ann", new Set(["ann"]));
    expect([...(adapter.socketRooms("ann") ?? [])].sort()).toEqual(["ann", "room"]);
    expect(adapter.rooms.has("ann")).toBe(true);
    adapter.delAll("ann");
    expect(told).toEqual(["+ann", "-ann", "+room", "-room", "+room", "+ann", "-ann", "-room"]);
  });

  it("tell of rooms, but not of those that sockets have of their own", () => {
    const told: string[] = [];
    adapter.watch({ opened: (room) => told.push(`+${room}`), closed: (room) => told.push(`-${room}`) });
    connect("ann", "bob");
    adapter.join("ann", "room");
    adapter.join("bob", "room");
    adapter.delAll("ann");
    adapter.delAll("bob");
    expect(told).toEqual(["+room", "-room"]);
  });
});
