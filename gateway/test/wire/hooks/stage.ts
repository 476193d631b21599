import { TestClient } from "../../support/client.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../../support/gateway.ts";
import { type Handler, HookStandIn, hookSecret } from "../../support/hook.ts";

/** Channels that a hook decides about, beside one that it does not. */
const rules = (url: string, timeout: string) => `
channels:
  - {match: "order:*", subscribe: hook, publish: hook, presence: {read: anyone, events: true}, history: {size: 100, ttl: 10m}}
  - {match: "talk:*", subscribe: anyone, publish: hook, history: {size: 100, ttl: 10m}}
  - {match: "free:*", subscribe: anyone, publish: anyone, history: {size: 100, ttl: 10m}}
hooks:
  - {name: shop, url: "${url}", ask: [subscribe, publish, request], timeout: ${timeout}}`;

export interface StageOptions extends GatewayOptions {
  timeout?: string;
}

/** A backend that is asked, a gateway that asks it, and their clients. */
export class Stage {
  readonly hook: HookStandIn;
  readonly gateway: Gateway;
  readonly #closing: { close(): void }[] = [];

  private constructor(hook: HookStandIn, gateway: Gateway) {
    this.hook = hook;
    this.gateway = gateway;
  }

  static async set(handle: Handler, { timeout = "2s", ...options }: StageOptions = {}): Promise<Stage> {
    const hook = await HookStandIn.start(handle);
    const gateway = await startGateway({
      rules: rules(hook.url, timeout),
      ...options,
      env: { TIDEGATE_HOOK_SECRET: hookSecret, ...options.env },
    });
    return new Stage(hook, gateway);
  }

  /** Has it closed at the end. */
  keep<Part extends { close(): void }>(part: Part): Part {
    this.#closing.push(part);
    return part;
  }

  /** The official client, welcomed. */
  async client(user: string, auth: object = {}): Promise<TestClient> {
    const client = this.keep(
      new TestClient(this.gateway.url, { token: await this.gateway.token(user), ...auth }),
    );
    await client.next("welcome");
    return client;
  }

  async strike(): Promise<void> {
    for (const part of this.#closing) part.close();
    await this.gateway.stop();
    await this.hook.stop();
  }
}

/** Resolves once it is opened. */
export class Gate {
  readonly #opened = Promise.withResolvers<void>();

  open(): void {
    this.#opened.resolve();
  }

  get passed(): Promise<void> {
    return this.#opened.promise;
  }
}
