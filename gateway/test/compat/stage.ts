import { io, type Socket } from "socket.io-client";
import { createTokens, type Tokens } from "../../src/auth/token.ts";
import { silentLog } from "../../src/log.ts";
import { type Gateway, startGateway, testSecret } from "../support/gateway.ts";
import { until } from "../support/until.ts";

/** The gateways' time in Unix milliseconds, always: what is recorded has it, and every token is valid then. */
export const now = 2_000_000_000_000;

const rules = `
channels:
  - match: "log:*"
    subscribe: user
    publish: user
    history: {size: 5, ttl: 30m}
  - match: "open:*"
    subscribe: user
    publish: user
  - match: "room:*"
    subscribe: user
    presence: {read: user, events: true}
`;

export interface Event {
  event: string;
  payload: Record<string, unknown>;
}

/** A client, with the events that it was sent. */
export class Client {
  readonly user: string;
  readonly received: Event[] = [];
  /** Of its connection, also once that has ended. */
  id = "";
  /** Why it was not let in. */
  refusal: string | undefined;
  readonly #socket: Socket;

  constructor(user: string, url: string, token: string) {
    this.user = user;
    this.#socket = io(url, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      auth: { token },
    });
    this.#socket.on("connect", () => {
      this.id = this.#socket.id ?? "";
    });
    this.#socket.on("connect_error", (error: Error & { data?: { code: string } }) => {
      this.refusal = error.data?.code ?? error.message;
    });
    this.#socket.onAny((event: string, payload: Record<string, unknown>) => {
      this.received.push({ event, payload });
    });
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** @throws Error with the reply, where it is a refusal */
  async request(event: string, payload: object): Promise<Record<string, unknown>> {
    const reply = await this.#socket.timeout(10_000).emitWithAck(event, payload);
    if (!reply.ok) throw new Error(`${event}: ${JSON.stringify(reply)}`);
    return reply;
  }

  /** Waits until it was sent so many of this event. */
  next(event: string, count = 1): Promise<void> {
    const found = () => this.received.filter((one) => one.event === event).length;
    return until(
      () => found() >= count,
      () => `${found()} of ${count} ${event}`,
    );
  }

  close(): void {
    this.#socket.disconnect();
  }
}

/** Gateways on one Redis, whose time stands, and their clients. */
export class Stage {
  readonly clients: Client[] = [];
  readonly #tokens: Tokens;
  readonly #gateways: Gateway[] = [];

  private constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  static async open(): Promise<Stage> {
    const options = { secrets: [testSecret], maxLifetime: 86_400_000, log: silentLog, now: () => now };
    return new Stage(await createTokens(options));
  }

  async start(node: string, redisUrl: string): Promise<Gateway> {
    const env = { TIDEGATE_REDIS_URL: redisUrl, TIDEGATE_NODE_ID: node };
    const gateway = await startGateway({ env, rules, now: () => now });
    this.#gateways.push(gateway);
    return gateway;
  }

  /** Connects a user, and waits for the welcome. */
  async connect(gateway: Gateway, user: string): Promise<Client> {
    const client = await this.dial(gateway, user);
    await client.next("welcome");
    return client;
  }

  /** As `connect`, without waiting. */
  async dial(gateway: Gateway, user: string): Promise<Client> {
    const { token } = await this.#tokens.sign({ user, ttl: 3_600_000, info: { name: user } });
    const client = new Client(user, gateway.url, token);
    this.clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await Promise.all(this.#gateways.map((gateway) => gateway.stop()));
  }
}
