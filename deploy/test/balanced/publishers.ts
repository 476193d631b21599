import { Agent, request } from "node:http";
import { apiKey } from "./node.ts";
import type { Traveller } from "./traveller.ts";

const pause = 20;

/** Publishes through the balancer to one channel after the other, and from clients; keeps what was acknowledged. */
export class Publishers {
  /** The highest position that was acknowledged, by channel. */
  readonly tops = new Map<string, string>();
  acknowledged = 0;
  /** What publications failed with: those of the API are not tried again, those of clients when they are back. */
  readonly failures: string[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });
  readonly #apiPort: number;
  readonly #travellers: readonly Traveller[];
  readonly #unanswered = new Map<Traveller, number>();
  #timer: NodeJS.Timeout | undefined;
  #underWay = 0;
  #turn = 0;

  constructor(apiPort: number, travellers: readonly Traveller[]) {
    this.#apiPort = apiPort;
    this.#travellers = travellers;
    for (const traveller of travellers) this.#listen(traveller);
  }

  start(): void {
    this.#timer = setInterval(() => this.#publish(), pause);
  }

  /** Publications without an answer. */
  get open(): number {
    return this.#underWay + this.#unanswered.size;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  end(): void {
    this.stop();
    this.#agent.destroy();
  }

  /** Every fourth publication is a client's. */
  #publish(): void {
    this.#turn += 1;
    const traveller = this.#travellers[(this.#turn * 7_919) % this.#travellers.length];
    if (!traveller) return;
    if (this.#turn % 4 > 0) void this.#call(traveller.channel);
    else if (traveller.online && !this.#unanswered.has(traveller)) {
      this.#unanswered.set(traveller, this.#turn);
      this.#send(traveller);
    }
  }

  #listen(traveller: Traveller): void {
    traveller.onWelcome = () => this.#send(traveller);
    traveller.onAnswer = (id, { ok, position }) => {
      if (this.#unanswered.get(traveller) !== id) return;
      this.#unanswered.delete(traveller);
      if (ok) this.#keep(traveller.channel, position);
      else this.failures.push("client");
    };
  }

  #send(traveller: Traveller): void {
    const id = this.#unanswered.get(traveller);
    if (id === undefined) return;
    traveller.request(id, "publish", { channel: traveller.channel, data: id, id: String(id) });
  }

  #keep(channel: string, position = ""): void {
    this.acknowledged += 1;
    const top = this.tops.get(channel) ?? "";
    if (offsetOf(position) > offsetOf(top)) this.tops.set(channel, position);
  }

  async #call(channel: string): Promise<void> {
    this.#underWay += 1;
    try {
      this.#keep(channel, await this.#post(JSON.stringify({ channel, data: this.#turn })));
    } catch (error) {
      this.failures.push((error as Error).message);
    } finally {
      this.#underWay -= 1;
    }
  }

  #post(body: string): Promise<string> {
    const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
    const to = {
      agent: this.#agent,
      host: "127.0.0.1",
      port: this.#apiPort,
      path: "/v1/publish",
      method: "POST",
    };
    return new Promise((resolve, reject) => {
      const call = request({ ...to, headers }, async (response) => {
        const text = Buffer.concat(await response.toArray()).toString();
        if (response.statusCode === 200) resolve(/"position":"([^"]+)"/.exec(text)?.[1] ?? "");
        else reject(new Error(`${response.statusCode} ${text.slice(0, 100)}`));
      });
      call.on("error", reject);
      call.end(body);
    });
  }
}

function offsetOf(position: string): number {
  return Number(position.slice(position.indexOf(":") + 1));
}
