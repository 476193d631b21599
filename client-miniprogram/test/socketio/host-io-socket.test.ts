import { describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/index.ts";
import { openInMemory, opening } from "../support/io-recorder.ts";
import { turn, until } from "../support/waiting.ts";
import { wrongFrames } from "../support/wrong-frames.ts";

type Opened = ReturnType<typeof openInMemory>;

async function open(options: Parameters<typeof openInMemory>[0] = {}, auth: object = {}): Promise<Opened> {
  const opened = openInMemory(options, auth);
  await until(() => opened.network.peers.length === 1);
  await turn();
  return opened;
}

async function connect(options: Parameters<typeof openInMemory>[0] = {}): Promise<Opened> {
  const opened = await open(options);
  opened.send(opening, '40{"sid":"socket"}');
  await until(() => opened.socket.connected);
  opened.told.length = 0;
  return opened;
}

describe("the handshake", () => {
  it("carries what `auth` gives once the connection is open", async () => {
    const { told, send, received } = await open({}, { token: "t" });
    expect(received()).toEqual([]);
    send(opening);
    await until(() => received().length === 1);
    expect(received()).toEqual(['40{"token":"t"}']);
    send('40{"sid":"socket"}');
    await until(() => told.length > 0);
    expect(told).toEqual([["connect"]]);
  });

  it("holds back what is emitted before", async () => {
    const { socket, send, received } = await open();
    socket.emit("early", 1, () => {});
    send(opening, '40{"sid":"socket"}');
    await until(() => received().length === 2);
    expect(received()[1]).toBe('421["early",1]');
  });

  it.each([
    [
      "an object",
      '44{"message":"no","data":{"code":"forbidden"}}',
      { message: "no", data: { code: "forbidden" } },
    ],
    ["a text, as of version 2", '44"no"', { message: "no" }],
  ])("is refused with %s", async (_name, packet, error) => {
    const { socket, phone, told, send } = await open();
    send(opening, packet, "41");
    await until(() => phone.sockets === 0);
    expect({ told, connected: socket.connected }).toEqual({
      told: [["connect_error", error]],
      connected: false,
    });
  });

  it.each([
    ["an event", '42["early"]'],
    ["an acknowledgement", "430[]"],
    ["an answer without an id, as of version 2", "40"],
    ["a message before the opening", '42["early"]', ""],
    ["an opening without delays", '0{"sid":"s"}', ""],
    ["an opening with delays as text", '0{"sid":"s","pingInterval":"25","pingTimeout":"20"}', ""],
    ["an opening with delays that no timer takes", '0{"sid":"s","pingInterval":2e9,"pingTimeout":2e9}', ""],
    ["an opening that is no JSON", "0{", ""],
    ["a second opening", opening],
  ])("that is answered with %s ends with a cause", async (_name, frame, first = opening) => {
    const { phone, told, send } = await open();
    if (first) send(first);
    send(frame);
    await until(() => phone.sockets === 0);
    expect(told).toEqual([["connect_error", { message: expect.stringMatching(/^The server sent /) }]]);
  });

  it("ends with the platform's words where nothing opens", async () => {
    const { network, told } = openInMemory();
    await until(() => network.peers.length === 1);
    network.peers[0]?.refuse("connectSocket:fail TLS handshake failed");
    await until(() => told.length > 0);
    expect(told).toEqual([["connect_error", { message: "connectSocket:fail TLS handshake failed" }]]);
  });
});

describe("a wrong frame", () => {
  const all = [
    ...wrongFrames.map(([name, frames, fault]) => {
      const wrapped = frames.map((frame) => (typeof frame === "string" ? `4${frame}` : frame));
      return [name, wrapped, fault] as const;
    }),
    ["a second answer to the handshake", ['40{"sid":"other"}'], "a wrong answer"] as const,
    ["a late refusal", ['44{"message":"no"}'], "a wrong answer"] as const,
    ["a pong", ["3"], "an unknown packet"] as const,
    ["an upgrade", ["5"], "an unknown packet"] as const,
    ["an empty frame", [""], "an unknown packet"] as const,
  ];

  it.each(all)("%s: ends the connection with a cause, and throws nothing", async (_name, frames, fault) => {
    const { socket, phone, told, send } = await connect();
    send(...frames);
    await until(() => phone.sockets === 0);
    const description = expect.stringMatching(new RegExp(`^The server sent .*${fault}`));
    expect(told.filter(([event]) => event === "disconnect")).toEqual([
      ["disconnect", "parse error", { description }],
    ]);
    expect(socket.connected).toBe(false);
  });

  it("after which others come: those are not heard", async () => {
    const { told, send } = await connect();
    send("4x", '42["late"]');
    await until(() => told.length > 0);
    await turn();
    expect(told.map(([event]) => event)).toEqual(["disconnect"]);
  });

  it("that a listener cannot take counts as one", async () => {
    const { socket, told, send } = await connect();
    socket.on("event", (payload: { part: { deep: number } }) => payload.part.deep);
    send('42["event",{}]');
    await until(() => told.length === 2);
    expect(told[1]).toEqual(["disconnect", "parse error", { description: expect.stringContaining("deep") }]);
  });
});

describe("acknowledgements", () => {
  it("come once, and those of nobody are ignored", async () => {
    const { socket, told, send, received } = await connect();
    const answers: unknown[] = [];
    socket.emit("ask", (answer: unknown) => answers.push(answer));
    await until(() => received().length === 2);
    send('431["yes"]', '431["again"]', '4399["nobody"]', '43["without an id"]', "437[]");
    send('42["after"]');
    await until(() => told.length === 1);
    expect(answers).toEqual(["yes"]);
    expect(told).toEqual([["after"]]);
  });

  it("are sent, with binary data too", async () => {
    const { socket, send, received } = await connect();
    socket.on("ask", (bytes: ArrayBuffer, acknowledge: (...answer: unknown[]) => void) => {
      acknowledge("got", bytes);
    });
    send('451-7["ask",{"_placeholder":true,"num":0}]', Uint8Array.from([1, 2]).buffer);
    await until(() => received().length === 3);
    expect(received()[1]).toBe('461-7["got",{"_placeholder":true,"num":0}]');
    expect([...new Uint8Array(received()[2] as ArrayBuffer)]).toEqual([1, 2]);
  });
});

describe("events", () => {
  it.each(["constructor", "__proto__", "toString", "*", ""])("may be called `%s`", async (name) => {
    const { socket, told, send } = await connect();
    const heard: unknown[] = [];
    socket.on(name, (value: unknown) => heard.push(value));
    send(`42${JSON.stringify([name, 1])}`);
    await until(() => told.length === 1);
    expect({ told, heard }).toEqual({ told: [[name, 1]], heard: [1] });
  });

  it("come with binary data as base64 from a server that was asked for text", async () => {
    const { told, send } = await connect();
    send('451-["event",{"_placeholder":true,"num":0}]', `b${Buffer.from([0, 255, 7]).toString("base64")}`);
    await until(() => told.length === 1);
    expect([...new Uint8Array(told[0]?.[1] as ArrayBuffer)]).toEqual([0, 255, 7]);
  });

  it("are heard by nobody once the listeners are off", async () => {
    const { socket, told, send } = await connect();
    socket.off();
    send('42["event"]');
    await turn();
    expect(told).toEqual([]);
  });
});

describe("pings", () => {
  it("are answered, and reported", async () => {
    const { socket, send, received } = await connect();
    let pings = 0;
    socket.io.on("ping", () => {
      pings += 1;
    });
    send("2", "2probe", "6");
    await until(() => received().length === 3);
    expect(received().slice(1)).toEqual(["3", "3probe"]);
    expect(pings).toBe(2);
  });

  it("that do not come end the connection", async () => {
    const clock = new ManualClock();
    const { told, phone, send } = await connect({ clock });
    clock.advance(44_000);
    send("2");
    await turn();
    clock.advance(44_000);
    expect(told).toEqual([]);
    clock.advance(4_000);
    expect(told).toEqual([["disconnect", "ping timeout", { description: "No ping came." }]]);
    expect(phone.sockets).toBe(0);
  });

  it("that came while the thread slept are read before the silence is found", async () => {
    const clock = new ManualClock();
    const { told, phone, send } = await connect({ clock });
    phone.freeze();
    clock.advance(60_000);
    send("2");
    await turn();
    phone.thaw("timers-first");
    clock.advance(40_000);
    expect(told).toEqual([]);
    clock.advance(10_000);
    expect(told.map((entry) => entry[1])).toEqual(["ping timeout"]);
  });
});

describe("the end", () => {
  it("is told to the server, and to nobody else", async () => {
    const { socket, phone, told, received } = await connect();
    socket.disconnect();
    await until(() => phone.sockets === 0);
    await turn();
    expect(received().at(-1)).toBe("41");
    expect(told).toEqual([]);
    socket.disconnect();
    socket.emit("late");
    expect(received().at(-1)).toBe("41");
  });

  it.each([
    ["a disconnect packet", "41", "io server disconnect", "The server closed the connection."],
    ["Engine.IO's close", "1", "transport close", "The server closed the connection."],
  ])("by %s", async (_name, frame, reason, description) => {
    const { phone, told, send } = await connect();
    send(frame);
    await until(() => phone.sockets === 0);
    expect(told).toEqual([["disconnect", reason, { description }]]);
  });

  it("by the platform says how", async () => {
    const { network, told } = await connect();
    network.peers[0]?.close(1006, "abnormal closure");
    await until(() => told.length > 0);
    expect(told).toEqual([["disconnect", "transport close", { description: "code 1006, abnormal closure" }]]);
  });
});
