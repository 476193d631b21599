import { Emitter } from "@socket.io/redis-emitter";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { connect, type TestClient } from "../support/client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";

/** A place for nodes to meet, and a connection to it for an emitter. */
export interface Store {
  url: string;
  client: Redis;
  stop(): Promise<void>;
}

const rules = `
channels:
  - match: "chat:*"
    subscribe: anyone
    publish: anyone
    history: {size: 100, ttl: 10m}
`;

export type Client = Awaited<ReturnType<typeof connect>>;

/** Two nodes, an emitter beside them, and the clients of one test. */
export class Stage {
  readonly #clients: TestClient[] = [];
  #store: Store | undefined;
  #emitter: Emitter | undefined;
  #gateways: Gateway[] = [];
  #ends = 0;

  get emitter(): Emitter {
    if (!this.#emitter) throw new Error("The stage is not set.");
    return this.#emitter;
  }

  get redis(): Redis {
    if (!this.#store) throw new Error("The stage is not set.");
    return this.#store.client;
  }

  node(index: 0 | 1): Gateway {
    const gateway = this.#gateways[index];
    if (!gateway) throw new Error("The stage is not set.");
    return gateway;
  }

  async set(startStore: () => Promise<Store>): Promise<void> {
    this.#store = await startStore();
    this.#emitter = new Emitter(this.#store.client);
    const env = { TIDEGATE_REDIS_URL: this.#store.url };
    this.#gateways = [await startGateway({ env, rules }), await startGateway({ env, rules })];
  }

  async strike(): Promise<void> {
    await Promise.all(this.#gateways.map((gateway) => gateway.stop()));
    await this.#store?.stop();
  }

  leave(): void {
    for (const client of this.#clients.splice(0)) client.close();
  }

  /** A client on one of the nodes, subscribed to the channels. */
  async open(node: 0 | 1, user: string, ...channels: string[]): Promise<Client> {
    const client = await connect(this.node(node), user);
    this.#clients.push(client);
    for (const channel of channels) {
      expect(await client.request("subscribe", { channel })).toMatchObject({ ok: true });
    }
    return client;
  }

  async publish(channel: string, data: unknown): Promise<void> {
    expect(await this.node(0).call("POST", "/v1/publish", { channel, data })).toMatchObject({ status: 200 });
  }

  /** The events that each of them was sent up to now, what an emitter has sent before included. */
  async heard(...clients: Client[]): Promise<string[][]> {
    this.#ends += 1;
    const end = `end ${this.#ends}`;
    this.emitter.emit(end, {});
    await Promise.all(clients.map((client) => client.next(end)));
    return clients.map(({ received }) =>
      received
        .map(({ event }) => String(event))
        .filter((event) => event !== "welcome" && !event.startsWith("end ")),
    );
  }
}

/** Sets a stage around the tests of a suite. */
export function useStage(startStore: () => Promise<Store>): Stage {
  const stage = new Stage();
  beforeAll(() => stage.set(startStore), 60_000);
  afterEach(() => stage.leave());
  afterAll(() => stage.strike());
  return stage;
}
