import { MessageType } from "socket.io-adapter";
import { describe, expect, it } from "vitest";
import { readPythonMessage } from "../../../src/backplane/redis/peers/python-wire.ts";

const host = "0f1e2d";
const read = (message: object) =>
  readPythonMessage(Buffer.from(JSON.stringify({ namespace: "/", host_id: host, ...message })));
const opts = (rooms: string[], except: string[] = []) => ({ rooms, except, flags: { volatile: false } });

/** As python-socketio 5.18.1 writes them. */
const emission = {
  method: "emit",
  event: "news",
  data: [{ text: "hi" }],
  binary: false,
  room: "chat:42",
  skip_sid: null,
  callback: null,
};

describe("a message of python-socketio's RedisManager", () => {
  it.each([
    ["to one room", {}, ["chat:42"], []],
    ["to several", { room: ["chat:42", "chat:43"] }, ["chat:42", "chat:43"], []],
    ["to everybody", { room: null }, [], []],
    ["to all but one", { skip_sid: "s1" }, ["chat:42"], ["s1"]],
    ["to all but several", { skip_sid: ["s1", "s2"] }, ["chat:42"], ["s1", "s2"]],
  ])("emits %s", (_name, change, rooms, except) => {
    const packet = { type: 2, data: ["news", { text: "hi" }] };
    expect(read({ ...emission, ...change })).toEqual({
      uid: host,
      nsp: "/",
      type: MessageType.BROADCAST,
      data: { packet, opts: opts(rooms, except) },
    });
  });

  it("carries binary values, as base64 behind its arguments", () => {
    const place = (num: number) => ({ _placeholder: true, num });
    const data = [[{ one: place(0), many: [place(1)] }, "and text"], "AAH/", "AgM="];
    expect(read({ ...emission, binary: true, data })).toMatchObject({
      data: {
        packet: { data: ["news", { one: Buffer.of(0, 1, 255), many: [Buffer.of(2, 3)] }, "and text"] },
      },
    });
  });

  it.each([
    [
      { method: "disconnect", sid: "s1" },
      MessageType.DISCONNECT_SOCKETS,
      { opts: opts(["s1"]), close: true },
    ],
    [
      { method: "enter_room", sid: "s1", room: "r" },
      MessageType.SOCKETS_JOIN,
      { opts: opts(["s1"]), rooms: ["r"] },
    ],
    [
      { method: "leave_room", sid: "s1", room: "r" },
      MessageType.SOCKETS_LEAVE,
      { opts: opts(["s1"]), rooms: ["r"] },
    ],
    [{ method: "close_room", room: "r" }, MessageType.SOCKETS_LEAVE, { opts: opts(["r"]), rooms: ["r"] }],
  ])("may do what Socket.IO's own emitters may: %j", (message, type, data) => {
    expect(read(message)).toMatchObject({ type, data });
  });

  it.each([
    ["another namespace", { ...emission, namespace: "/chat" }],
    ["a reserved event", { ...emission, event: "disconnect" }],
    ["data that is no list", { ...emission, data: {} }],
    [
      "a placeholder without its value",
      { ...emission, binary: true, data: [[{ _placeholder: true, num: 1 }], "AA=="] },
    ],
    ["binary values that are no text", { ...emission, binary: true, data: [[], 5] }],
    ["binary data without arguments", { ...emission, binary: true, data: [] }],
    ["a room that is a number", { ...emission, room: 5 }],
    ["the answer to a callback", { method: "callback", sid: "s1", id: 1, args: [] }],
  ])("is refused where it has %s", (_name, message) => {
    expect(() => read(message)).toThrow();
  });
});
