import { once } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { openServer, servers } from "./servers.ts";

type Message = string | Buffer;

/** A client that speaks Engine.IO by hand and keeps all that it is told, pings aside. */
async function connect(url: string) {
  const socket = new WebSocket(url);
  const received: Message[] = [];
  let pings = 0;
  let closed: number | undefined;
  let answering = true;
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    const message = isBinary ? data : data.toString();
    if (message !== "2") received.push(message);
    else {
      pings += 1;
      if (answering) socket.send("3");
    }
  });
  socket.on("close", (code) => {
    closed = code;
  });
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  await vi.waitFor(() => expect(received).toHaveLength(1));
  const open = String(received.shift());
  return {
    handshake: JSON.parse(open.slice(1)),
    send: (...messages: Message[]) => {
      for (const message of messages) socket.send(message);
    },
    /** What was received, once it is as many messages. */
    take: async (count: number): Promise<Message[]> => {
      await vi.waitFor(() => expect(received.length).toBeGreaterThanOrEqual(count));
      return received.splice(0);
    },
    pings: () => pings,
    closed: () => closed,
    fallSilent() {
      answering = false;
    },
  };
}

/** A session of the namespace `/`, behind its CONNECT and the `auth` event. */
async function join(url: string) {
  const client = await connect(url);
  client.send("40");
  const [connected] = await client.take(2);
  expect(connected).toMatch(/^40\{"sid":"[\w-]{20}"}$/);
  return client;
}

describe.each(Object.entries(servers))("%s", (_, open) => {
  const start = () => openServer(open);

  it("opens with a handshake that offers no upgrade", async () => {
    const { handshake } = await connect((await start()).url);
    const expected = { upgrades: [], pingInterval: 300, pingTimeout: 200, maxPayload: 1e6 };
    expect(handshake).toEqual({ sid: expect.stringMatching(/^[\w-]{20}$/), ...expected });
  });

  it("pings a client that answers, and keeps it", async () => {
    const client = await join((await start()).url);
    await vi.waitFor(() => expect(client.pings()).toBeGreaterThan(3), { timeout: 10_000 });
    client.send('42["message",1]');
    expect(await client.take(1)).toEqual(['42["message-back",1]']);
  });

  it("closes a client that stops answering", async () => {
    const client = await connect((await start()).url);
    client.fallSilent();
    await vi.waitFor(() => expect(client.closed()).toBeDefined(), { timeout: 10_000 });
  });

  it.each(["4abc", "x", "9", '42["before CONNECT"]'])("closes a client that sends %j", async (packet) => {
    const client = await connect((await start()).url);
    client.send(packet);
    await vi.waitFor(() => expect(client.closed()).toBeDefined(), { timeout: 10_000 });
  });

  it("passes auth, events, acknowledgements and binary data", async () => {
    const client = await connect((await start()).url);
    client.send('40{"token":"t"}');
    const [, auth] = await client.take(2);
    expect(auth).toBe('42["auth",{"token":"t"}]');
    client.send('42["message",1,"2",{"3":[false]}]', '42456["message-with-ack","a"]');
    expect(await client.take(2)).toEqual(['42["message-back",1,"2",{"3":[false]}]', '43456["a"]']);
    client.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    client.send(Buffer.of(1, 2), Buffer.of(3));
    expect(await client.take(3)).toEqual([
      '452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
      Buffer.of(1, 2),
      Buffer.of(3),
    ]);
  });

  it("serves namespaces side by side, and refuses the unknown", async () => {
    const client = await join((await start()).url);
    client.send('40/custom,{"a":1}', "40/absent");
    expect((await client.take(3)).sort()).toEqual([
      expect.stringMatching(/^40\/custom,\{"sid":"/),
      '42/custom,["auth",{"a":1}]',
      '44/absent,{"message":"Invalid namespace"}',
    ]);
    client.send("41", '42/custom,["message","still there"]');
    expect(await client.take(1)).toEqual(['42/custom,["message-back","still there"]']);
  });

  it("reads and writes base64 where the client cannot take binary frames", async () => {
    const { io, url } = await start();
    const client = await join(`${url}&b64=1`);
    client.send('451-["message",{"_placeholder":true,"num":0}]', `b${Buffer.of(1, 2, 3).toString("base64")}`);
    expect(await client.take(2)).toEqual(['451-["message-back",{"_placeholder":true,"num":0}]', "bAQID"]);
    io.emit("bytes", Buffer.alloc(70_000, 7));
    const [, bytes] = await client.take(2);
    expect(bytes).toBe(`b${Buffer.alloc(70_000, 7).toString("base64")}`);
  });

  describe("its rooms", () => {
    async function threeInRooms() {
      const { io, url } = await start();
      const clients = [await join(url), await join(url), await join(url)] as const;
      const sockets = [...io.of("/").sockets.values()];
      expect(sockets).toHaveLength(3);
      for (const socket of sockets) await socket.join("all");
      await sockets[0]?.join("one");
      return { io, clients, sockets };
    }

    const end = '42["end"]';

    it("sends to one, to several, and to all but some", async () => {
      const { io, clients, sockets } = await threeInRooms();
      const [first, second] = sockets;
      io.to("one").emit("a");
      io.to("one").to("all").emit("b");
      io.to("all").except("one").emit("c");
      io.to(first?.id ?? "").emit("d");
      second?.to("all").emit("e");
      io.emit("end");
      const told = [];
      for (const client of clients) told.push(await takeUntil(client, end));
      expect(told).toEqual([
        ["a", "b", "d", "e"].map(event),
        ["b", "c"].map(event),
        ["b", "c", "e"].map(event),
      ]);
      io.volatile.emit("f");
      for (const client of clients) expect(await client.take(1)).toEqual([event("f")]);
    });

    it("gathers acknowledgements, and says who did not answer", async () => {
      const { io, clients } = await threeInRooms();
      const question = io.to("all").timeout(5_000).emitWithAck("question");
      for (const [index, client] of clients.entries()) {
        const [packet] = await client.take(1);
        const id = /^42(\d+)\["question"\]$/.exec(String(packet))?.[1];
        expect(id).toBeDefined();
        client.send(`43${id}[${index}]`);
      }
      expect((await question).sort()).toEqual([0, 1, 2]);
      const unanswered = io.to("one").timeout(50).emitWithAck("silence");
      await expect(unanswered).rejects.toMatchObject({ message: "operation has timed out", responses: [] });
    });

    it("finds, moves and disconnects sockets", async () => {
      const { io, clients, sockets } = await threeInRooms();
      const [first] = sockets;
      expect((await io.in("all").fetchSockets()).map(({ id }) => id)).toEqual(sockets.map(({ id }) => id));
      const found = await io.in("one").fetchSockets();
      expect([...(found[0]?.rooms ?? [])].sort()).toEqual([first?.id, "all", "one"].sort());
      io.in("one").socketsJoin("other");
      io.in("all").socketsLeave("all");
      expect((await io.in("other").fetchSockets()).map(({ id }) => id)).toEqual([first?.id]);
      expect(await io.in("all").fetchSockets()).toEqual([]);
      io.in("other").disconnectSockets();
      expect(await clients[0].take(1)).toEqual(["41"]);
      io.in(sockets[1]?.id ?? "").disconnectSockets(true);
      await vi.waitFor(() => expect(clients[1].closed()).toBeDefined());
    });
  });
});

const event = (name: string): string => `42["${name}"]`;

async function takeUntil(client: Awaited<ReturnType<typeof connect>>, last: string): Promise<Message[]> {
  const all: Message[] = [];
  while (all.at(-1) !== last) all.push(...(await client.take(1)));
  return all.slice(0, -1);
}
