import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Message, SubscribeReply, Welcome } from "../../../src/protocol/events.ts";
import { TestClient } from "../../support/client.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { TcpProxy } from "./tcp-proxy.ts";

let gateway: Gateway;
let proxy: TcpProxy;

beforeEach(async () => {
  gateway = await startGateway();
  proxy = await TcpProxy.start(() => gateway.port);
});

afterEach(async () => {
  await proxy.stop();
  await gateway.stop();
});

/** What an application writes around the official client to miss nothing. */
class ResumingClient extends TestClient {
  readonly positions: Map<string, string>;
  readonly seen: unknown[] = [];

  constructor(url: string, token: string) {
    const positions = new Map<string, string>();
    super(url, (send: (auth: object) => void) => {
      send({ token, resume: [...positions].map(([channel, since]) => ({ channel, since })) });
    });
    this.positions = positions;
    this.socket.on("message", (message: Message) => this.#take(message));
    this.socket.on("welcome", ({ channels }: Welcome) => {
      for (const reply of channels) if (reply.ok) this.take(reply);
    });
  }

  take({ channel, position, messages }: SubscribeReply): void {
    for (const message of messages) this.#take(message);
    if (position !== undefined) this.positions.set(channel, position);
  }

  #take({ channel, position, data }: Message): void {
    this.seen.push(data);
    if (position !== undefined) this.positions.set(channel, position);
  }
}

async function publish(channel: string, data: unknown): Promise<void> {
  expect(await gateway.call("POST", "/v1/publish", { channel, data })).toMatchObject({ status: 200 });
}

describe("the official client whose network is killed", () => {
  it("comes back and has missed nothing", async () => {
    const client = new ResumingClient(proxy.url, await gateway.token("alice"));
    await client.next("welcome");
    client.take(await client.request<SubscribeReply>("subscribe", { channel: "chat:net" }));
    await publish("chat:net", 0);
    await client.next("message");
    for (let round = 0; round < 5; round += 1) {
      const first = round * 4 + 1;
      proxy.cut();
      await publish("chat:net", first);
      await publish("chat:net", first + 1);
      proxy.restore();
      // These meet the client in no particular state: gone, connecting or back.
      await publish("chat:net", first + 2);
      await client.next("welcome", round + 2);
      await publish("chat:net", first + 3);
    }
    await publish("chat:net", "end");
    await expect.poll(() => client.seen.at(-1), { timeout: 15_000 }).toBe("end");
    expect(client.seen).toEqual([...Array.from({ length: 21 }, (_, index) => index), "end"]);
    const replies = client.of("welcome").slice(1) as unknown as Welcome[];
    const recovered = replies.flatMap(({ channels }) => channels.map((reply) => reply.ok && reply.recovered));
    expect(recovered).toEqual(Array.from({ length: 10 }, () => true));
    client.close();
  });
});
