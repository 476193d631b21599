import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { engineAddress } from "../../src/socketio/address.ts";
import { openSocket, type Recorder } from "../support/io-recorder.ts";
import { until } from "../support/waiting.ts";

/** The socket is one of Socket.IO, and not of this gateway alone: here it speaks with Socket.IO's own server. */

let http: HttpServer;
let io: Server;
let opened: Recorder[];

beforeEach(async () => {
  opened = [];
  await start(0);
});
afterEach(async () => {
  for (const { socket, phone } of opened) {
    socket.disconnect();
    phone.turnOff();
  }
  await io.close();
});

async function start(port: number): Promise<void> {
  http = createServer();
  io = new Server(http, { pingInterval: 40, pingTimeout: 1_000 });
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
}

const port = () => (http.address() as AddressInfo).port;

function open(query = "", options: Parameters<typeof openSocket>[1] = {}, auth: object = {}): Recorder {
  const url = `ws://127.0.0.1:${port()}${query}`;
  const recorder = openSocket(engineAddress(url, "/socket.io"), options, auth);
  opened.push(recorder);
  return recorder;
}

const bytesOf = (data: unknown) => [...new Uint8Array(data as ArrayBuffer)];

describe("with a stock Socket.IO server", () => {
  it("connects, with what the handshake carries and the query of the address", async () => {
    const handshakes: unknown[] = [];
    io.use(({ handshake: { auth, query } }, next) => {
      handshakes.push({ auth, ...query });
      next();
    });
    const { socket } = open("?room=9&EIO=3", {}, { token: "t" });
    await until(() => socket.connected);
    expect(handshakes).toMatchObject([{ auth: { token: "t" }, room: "9", EIO: "4", transport: "websocket" }]);
  });

  it.each([
    ["WeChat", {}],
    ["Alipay", { alipay: true }],
    ["a platform without tasks", { tasks: "none" as const }],
  ])("sends and receives, with acknowledgements and binary data, on %s", async (_name, options) => {
    io.on("connection", (server) => {
      server.on("double", (number: number, bytes: Buffer, answer: (...args: unknown[]) => void) => {
        answer(number * 2, { bytes: Buffer.concat([bytes, bytes]) });
      });
    });
    const { socket, told } = open("", options);
    await until(() => socket.connected);
    const answers: unknown[][] = [];
    const bytes = Uint8Array.from([1, 2, 255]);
    socket.emit("double", 4, bytes, (...args: unknown[]) => answers.push(args));
    await until(() => answers.length === 1);
    const [[doubled, { bytes: twice }]] = answers as [[number, { bytes: ArrayBuffer }]];
    expect([doubled, bytesOf(twice)]).toEqual([8, [1, 2, 255, 1, 2, 255]]);
    io.emit("news", { text: "hi", list: [Buffer.from([7]), Buffer.from([8, 9])] });
    await until(() => told.length === 2);
    const [event, payload] = told[1] as [string, { text: string; list: ArrayBuffer[] }];
    expect([event, payload.text, payload.list.map(bytesOf)]).toEqual(["news", "hi", [[7], [8, 9]]]);
  });

  it("acknowledges what the server asks", async () => {
    const { socket } = open();
    socket.on("ask", (value: number, acknowledge: (...answer: unknown[]) => void) =>
      acknowledge(value + 1, Uint8Array.from([3])),
    );
    await until(() => socket.connected);
    const [server] = await io.fetchSockets();
    const answer = new Promise<unknown[]>((resolve) =>
      io
        .in(server?.id ?? "")
        .timeout(5_000)
        .emit("ask", 1, (_error: unknown, answers: unknown[]) => resolve(answers)),
    );
    expect(await answer).toEqual([1 + 1]);
  });

  it("is refused with the server's words and data", async () => {
    io.use((_socket, next) => next(Object.assign(new Error("not you"), { data: { code: "forbidden" } })));
    const { phone, told } = open();
    await until(() => told.length > 0);
    expect(told).toEqual([["connect_error", { message: "not you", data: { code: "forbidden" } }]]);
    await until(() => phone.sockets === 0);
  });

  it("is ended by the server, and ends itself", async () => {
    const { socket, told, phone } = open();
    await until(() => socket.connected);
    io.disconnectSockets(true);
    await until(() => told.length === 2);
    expect(told[1]?.slice(0, 2)).toEqual(["disconnect", "io server disconnect"]);
    expect(phone.sockets).toBe(0);
    const reasons: string[] = [];
    io.on("connection", (server) => server.on("disconnect", (reason) => reasons.push(reason)));
    const second = open();
    await until(() => second.socket.connected);
    second.socket.disconnect();
    await until(() => reasons.length === 1);
    expect(reasons).toEqual(["client namespace disconnect"]);
  });

  it("stays, as it answers pings", async () => {
    const { socket, told } = open();
    let pings = 0;
    socket.io.on("ping", () => {
      pings += 1;
    });
    await until(() => pings >= 3);
    expect({ told, connected: socket.connected }).toEqual({ told: [["connect"]], connected: true });
  });

  it("hears of the server's restart, and another one connects again", async () => {
    const first = open();
    await until(() => first.socket.connected);
    const at = port();
    await io.close();
    await until(() => first.told.length === 2);
    expect(first.told[1]?.slice(0, 1)).toEqual(["disconnect"]);
    const between = openSocket(engineAddress(`ws://127.0.0.1:${at}`, "/socket.io"));
    opened.push(between);
    await until(() => between.told.length === 1);
    expect(between.told[0]?.[0]).toBe("connect_error");
    await start(at);
    const second = open();
    await until(() => second.socket.connected);
  });

  it("a wrong path is a refusal in the platform's words", async () => {
    const recorder = openSocket(engineAddress(`ws://127.0.0.1:${port()}`, "/elsewhere"));
    opened.push(recorder);
    await until(() => recorder.told.length > 0);
    expect(recorder.told).toEqual([
      ["connect_error", { message: "exception onOpen fail code:20, msg:Invalid HTTP status" }],
    ]);
  });
});
