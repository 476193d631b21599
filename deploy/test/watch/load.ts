import { io, type Socket } from "socket.io-client";
import type { WebSocket } from "ws";
import { apiKey, type Fleet } from "./fleet.ts";

const room = "room:1";
/** Milliseconds between two rounds. */
const pause = 100;
/** More than the network takes for a reader that does not read. */
const heavy = { channel: "heavy:1", data: "x".repeat(50_000) };
const heavyRounds = 10;
const value = { channel: "values:1", data: 1 };

interface Reply {
  ok: boolean;
  position?: string;
}

/** Everything that clients and backends do, right and wrong, again and again on each gateway until it is stopped. */
export class Load {
  readonly #fleet: Fleet;
  readonly #sockets: Socket[] = [];
  #stopped = false;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  async start(): Promise<void> {
    for (const { url } of this.#fleet.gateways) {
      const members = await Promise.all(["ann", "bob"].map((user) => this.#connect(url, user)));
      for (const member of members)
        await member.emitWithAck("subscribe", [{ channel: room }, { channel: "values:1" }]);
    }
    for (const gateway of this.#fleet.gateways) {
      this.#repeat(gateway).catch((error: unknown) => {
        // What is cut off at the end was not to succeed.
        if (!this.#stopped) throw error;
      });
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const socket of this.#sockets) socket.disconnect();
  }

  async #repeat({ url, api }: { url: string; api: string }): Promise<void> {
    const publisher = await this.#connect(url, "eve");
    const first = await ask(publisher, "publish", { channel: room, data: 0 });
    const unread = await this.#connect(url, "slow");
    await ask(unread, "subscribe", { channel: "heavy:1" });
    stopReading(unread);
    for (let round = 1; !this.#stopped; round += 1) {
      const { position } = await ask(publisher, "publish", { channel: room, data: round });
      await publisher.emitWithAck("publish", { channel: "closed:1", data: round });
      await publisher.emitWithAck("ask a hook that is not there", round);
      for (const since of [first.position, position]) {
        await ask(publisher, "subscribe", { channel: room, since });
      }
      await publish(api, [value, value]);
      if (round <= heavyRounds)
        await publish(
          api,
          Array.from({ length: 40 }, () => heavy),
        );
      (await this.#connect(url, "passing")).disconnect();
      await this.#beRefused(url);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async #connect(url: string, user: string): Promise<Socket> {
    for (;;) {
      const socket = this.#open(url, await this.#fleet.token(user));
      const welcome = await new Promise<boolean>((resolve) => {
        socket.once("welcome", () => resolve(true));
        socket.once("connect_error", () => resolve(false));
      });
      // A gateway that has no time turns clients away.
      if (welcome) return socket;
    }
  }

  async #beRefused(url: string): Promise<void> {
    const socket = this.#open(url, "no token");
    await new Promise((resolve) => socket.once("connect_error", resolve));
    socket.disconnect();
  }

  #open(url: string, token: string): Socket {
    const socket = io(url, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      auth: { token },
    });
    this.#sockets.push(socket);
    return socket;
  }
}

function stopReading(socket: Socket): void {
  const { ws } = socket.io.engine.transport as unknown as { ws: WebSocket };
  ws.pause();
}

/** @throws Error where the gateway refuses what it should do */
async function ask(socket: Socket, event: string, payload: object): Promise<Reply> {
  const reply: Reply = await socket.emitWithAck(event, payload);
  if (!reply.ok) throw new Error(`${event} was refused: ${JSON.stringify(reply)}`);
  return reply;
}

async function publish(api: string, publications: readonly object[]): Promise<void> {
  const response = await fetch(`${api}/v1/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ operations: publications.map((publication) => ({ publish: publication })) }),
  });
  if (!response.ok) throw new Error(`a batch was refused: ${await response.text()}`);
}
