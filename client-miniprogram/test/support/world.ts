import { type Gateway, startGateway } from "../../../gateway/test/support/gateway.ts";
import { ManualClock } from "../../testing/index.ts";
import { addressOf } from "./apps.ts";

const rules = `
channels:
  - match: "room:*"
    subscribe: user
    publish: subscriber
    presence: {read: subscriber, events: true}
    history: {size: 40, ttl: 20m}
`;

/** A gateway that can be killed, and comes back at the same address with nothing left of what it knew. */
export class World {
  readonly clock = new ManualClock();
  #gateway: Gateway;
  readonly url: string;

  private constructor(gateway: Gateway) {
    this.#gateway = gateway;
    this.url = addressOf(gateway);
  }

  static async start(): Promise<World> {
    const world: { it?: World } = {};
    const gateway = await startGateway({ rules, now: () => world.it?.clock.now() ?? Date.now() });
    world.it = new World(gateway);
    return world.it;
  }

  get gateway(): Gateway {
    return this.#gateway;
  }

  async kill(): Promise<void> {
    const { port } = this.#gateway;
    await this.#gateway.stop();
    const env = { TIDEGATE_PORT: String(port) };
    this.#gateway = await startGateway({ rules, env, now: () => this.clock.now() });
  }

  stop(): Promise<void> {
    return this.#gateway.stop();
  }
}
