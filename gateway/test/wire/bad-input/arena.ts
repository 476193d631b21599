import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { connect, type TestClient } from "../../support/client.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../../support/gateway.ts";
import { RawSocket, type UpgradeOptions } from "../../support/raw-socket.ts";
import { RawSession } from "./session.ts";

const channel = "witness";
const builtIn = prototypeMembers();

/**
 * A gateway, a hostile client, and a witness: a healthy client that must get every message, in order and on its
 * first connection, whatever the hostile one sends.
 */
export class Arena {
  readonly #faults: unknown[] = [];
  readonly #sockets: RawSocket[] = [];
  #gateway: Gateway | undefined;
  #witness: TestClient | undefined;
  #published = 0;

  get gateway(): Gateway {
    if (!this.#gateway) throw new Error("the arena is not open");
    return this.#gateway;
  }

  /** A hostile WebSocket that has said nothing yet. */
  async socket(options?: UpgradeOptions): Promise<RawSocket> {
    const socket = await RawSocket.open(this.gateway.port, options);
    this.#sockets.push(socket);
    return socket;
  }

  /** A hostile client whose session is open. */
  async session(auth?: object): Promise<RawSession> {
    const credentials = auth ?? { token: await this.gateway.token("mallory") };
    return RawSession.open(await this.socket(), credentials);
  }

  async open(options: GatewayOptions): Promise<void> {
    process.on("uncaughtException", this.#record);
    process.on("unhandledRejection", this.#record);
    this.#gateway = await startGateway(options);
    this.#witness = await connect(this.gateway, "witness");
    await this.#witness.request("subscribe", { channel });
  }

  /** Publishes the next message and waits until the witness has all of them. */
  async testify(): Promise<void> {
    for (const socket of this.#sockets.splice(0)) socket.destroy();
    const data = this.#published;
    this.#published += 1;
    const { status } = await this.gateway.call("POST", "/v1/publish", { channel, data });
    expect(status).toBe(200);
    await vi.waitUntil(() => this.#heard().length >= this.#published, { timeout: 15_000, interval: 5 });
    expect(this.#heard()).toEqual(Array.from({ length: this.#published }, (_, index) => index));
    expect(this.#witness?.of("welcome")).toHaveLength(1);
    expect(this.#faults.splice(0)).toEqual([]);
    expect(prototypeMembers()).toEqual(builtIn);
  }

  async close(): Promise<void> {
    this.#witness?.close();
    await this.#gateway?.stop();
    process.off("uncaughtException", this.#record);
    process.off("unhandledRejection", this.#record);
    expect(this.#faults).toEqual([]);
  }

  readonly #record = (fault: unknown): void => {
    this.#faults.push(fault);
  };

  #heard(): unknown[] {
    return this.#witness?.messages(channel).map(({ data }) => data) ?? [];
  }
}

/** Opens an arena around a file's tests; after each of them the witness is asked. */
export function useArena(options: GatewayOptions = {}): Arena {
  const arena = new Arena();
  beforeAll(() => arena.open(options));
  afterEach(() => arena.testify());
  afterAll(() => arena.close());
  return arena;
}

/** What every object inherits. */
function prototypeMembers(): PropertyKey[] {
  return [Object.prototype, Array.prototype, Function.prototype].flatMap((prototype) =>
    Reflect.ownKeys(prototype),
  );
}
