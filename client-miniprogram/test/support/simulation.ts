import { connect, type Tide } from "../../src/index.ts";
import { internet, type Network, Phone, type WakeOrder, type Wire } from "../../testing/index.ts";
import { clientName } from "./clients.ts";
import { PageLog } from "./page-log.ts";
import { Random } from "./random.ts";
import { Refusals } from "./refusals.ts";
import { turn, until } from "./waiting.ts";
import type { World } from "./world.ts";

export interface Outcome {
  seed: number;
  /** What is wrong; nothing where all is well. */
  faults: string[];
}

interface Client {
  phone: Phone;
  tide: Tide;
  log: PageLog;
  refusals: Refusals;
  /** An attempt that was given up before it had opened is ended by the platform, within a minute. */
  closesLate: boolean;
  sent: string[];
  stored: Set<string>;
}

const clients = 2;
const steps = 25;
const styleNames = ["direct", "promise", "late", "callback", "none"] as const;
const orders: readonly WakeOrder[] = ["as-it-came", "timers-first", "events-first", "show-first"];

/** One random run. The same seed does the same things; how they fall together with the network's timing varies. */
export class Simulation {
  readonly #world: World;
  readonly #random: Random;
  readonly #channel: string;
  readonly #seed: number;
  readonly #clients: Client[] = [];
  #published = 0;
  /** Frames that phones have sent. */
  #frames = 0;
  #killed = false;

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#channel = `room:${seed}`;
  }

  async run(): Promise<Outcome> {
    for (let index = 0; index < clients; index += 1) this.#clients.push(this.#connect(index));
    try {
      await this.#settled();
      for (const { log } of this.#clients) log.begin();
      for (let step = 0; step < steps; step += 1) await this.#step();
      await this.#calm();
      return { seed: this.#seed, faults: this.#faults() };
    } catch (error) {
      return { seed: this.#seed, faults: [...this.#faults(), String(error), this.#describe()] };
    } finally {
      for (const { tide, phone } of this.#clients) {
        tide.close();
        phone.turnOff();
      }
    }
  }

  #connect(index: number): Client {
    const { clock, url } = this.#world;
    const network: Network = (to, events) => this.#count(internet(to, events));
    // weapp.socket.io takes tasks that are returned, and nothing else.
    const tasks = this.#random.pick(clientName === "weapp" ? (["direct"] as const) : styleNames);
    const phone = new Phone({ clock, network, tasks });
    // Tokens of some minutes (`ttl` is in seconds), so that they expire in the background.
    const ttl = 600 + this.#random.below(1_200);
    const token = () =>
      this.#world.gateway.call("POST", "/v1/tokens", { user: `u${index}`, ttl }).then(tokenOf);
    const refusals = new Refusals();
    const io = refusals.ioOn(phone);
    const tide = connect(url, { host: phone.wx, io, clock: phone.clock, token });
    refusals.follow(tide);
    const log = new PageLog(tide.channel(this.#channel, { presence: true }));
    const closesLate = tasks === "late" || clientName === "weapp";
    return { phone, tide, log, refusals, closesLate, sent: [], stored: new Set() };
  }

  async #step(): Promise<void> {
    const { clock } = this.#world;
    const client = this.#random.pick(this.#clients);
    await this.#act(client);
    if (!this.#killed && this.#random.below(60) === 0) {
      this.#killed = true;
      // As often without a goodbye.
      if (this.#random.below(2) === 0) for (const { phone } of this.#clients) phone.abortSockets();
      await this.#world.kill();
    }
    if (this.#random.below(3) > 0) await this.#publish();
    clock.advance(this.#random.pick([0, 1, 50, 400, 3_000, 20_000]));
    await turn(this.#random.below(4));
  }

  async #act(client: Client): Promise<void> {
    const { phone } = client;
    const actions: readonly (() => unknown)[] = [
      () => phone.hide(),
      () => phone.show(this.#random.pick(orders)),
      () => phone.show(this.#random.pick(orders)),
      async () => {
        if (phone.hidden) return;
        await this.#arrived();
        phone.freeze();
        this.#world.clock.advance(this.#random.below(120_000));
        phone.thaw(this.#random.pick(["as-it-came", "timers-first", "events-first"]));
      },
      () => phone.changeNetwork(this.#random.pick(["wifi", "4g", "none"])),
      () => phone.breakSockets(),
      () => phone.abortSockets(),
      () => {
        phone.loseCloseEvents = !phone.loseCloseEvents;
      },
      async () => {
        await this.#arrived();
        this.#world.clock.advance(this.#random.below(600_000));
      },
      () => {
        this.#publishFrom(client).catch(() => {});
      },
    ];
    await this.#random.pick(actions)();
  }

  async #publishFrom(client: Client): Promise<void> {
    const id = `${this.#seed}-${client.sent.length}-${this.#clients.indexOf(client)}`;
    client.sent.push(id);
    await client.tide.publish(this.#channel, { from: "page" }, { id });
    client.stored.add(id);
  }

  #count(wire: Wire): Wire {
    const send = (data: string | ArrayBuffer) => {
      this.#frames += 1;
      wire.send(data);
    };
    return { send, close: (code, reason) => wire.close(code, reason) };
  }

  /**
   * Lets frames that are under way reach the gateway. Time that leaps over them would make them minutes old, which
   * no frame gets: within 45 s of silence the gateway closes the connection.
   */
  async #arrived(): Promise<void> {
    let before: number;
    do {
      before = this.#frames;
      await this.#world.gateway.call("GET", "/v1/nodes");
    } while (this.#frames > before);
  }

  /** The backend's publications; an id makes a repeat harmless. */
  async #publish(): Promise<void> {
    this.#published += 1;
    await this.#world.gateway.call("POST", "/v1/publish", {
      channel: this.#channel,
      data: { n: this.#published },
      id: `b${this.#published}`,
    });
  }

  /** Everything works again; all clients have to come back, publish, and hear one last message. */
  async #calm(): Promise<void> {
    for (const { phone } of this.#clients) {
      phone.loseCloseEvents = false;
      phone.changeNetwork("wifi");
      phone.show(this.#random.pick(orders));
    }
    await this.#settled();
    await this.#proven();
    await this.#publish();
    const last = `b${this.#published}`;
    await until(() => this.#clients.every(({ log }) => log.ids.includes(last)), this.#world.clock, 200);
    await this.#closed();
  }

  /**
   * Waits until sockets that close late have closed. Time leaps only while all are online: the gateway's does not, so
   * an attempt under way would be given up before it can be answered, and would leave a late socket in its turn.
   */
  async #closed(): Promise<void> {
    const late = this.#clients.filter(({ closesLate }) => closesLate);
    const online = () => this.#areOnline();
    const closed = () => late.every(({ phone }) => phone.sockets <= 1);
    while (!(online() && closed())) {
      await until(online, this.#world.clock);
      if (!closed()) this.#world.clock.advance(1_000);
      await turn();
    }
  }

  /** A client may think that it is online until it uses the connection. */
  async #proven(): Promise<void> {
    let outcomes: PromiseSettledResult<void>[] | undefined;
    Promise.allSettled(this.#clients.map((client) => this.#publishFrom(client))).then((settled) => {
      outcomes = settled;
    });
    await until(() => outcomes !== undefined, this.#world.clock, 200);
    for (const outcome of outcomes ?? []) if (outcome.status === "rejected") throw outcome.reason;
  }

  #settled(): Promise<void> {
    return until(() => this.#areOnline(), this.#world.clock, 200);
  }

  #areOnline(): boolean {
    return this.#clients.every(({ tide }) => tide.state === "online");
  }

  #faults(): string[] {
    return this.#clients.flatMap(({ log, refusals, stored, phone }, index) => {
      const { ids } = log;
      const faults = [...log.holes(), ...refusals.faults].map((fault) => `client ${index}: ${fault}`);
      const doubled = ids.filter((id, at) => ids.indexOf(id) !== at);
      // A gateway that was killed has forgotten its ids with all else.
      if (!this.#killed && doubled.length > 0) faults.push(`client ${index}: twice ${doubled.join()}`);
      const missing = [...stored].filter((id) => !ids.includes(id));
      if (log.resets === 0 && missing.length > 0) faults.push(`client ${index}: never ${missing.join()}`);
      if (phone.sockets > 1) faults.push(`client ${index}: ${phone.sockets} sockets`);
      return faults;
    });
  }

  #describe(): string {
    return this.#clients
      .map(
        ({ tide, phone, log }) =>
          `${tide.state} ${tide.reason ?? ""} (${phone.sockets} sockets) ${JSON.stringify(log.entries.slice(-5))}`,
      )
      .join("; ");
  }
}

/** A gateway that is about to go answers without a token. */
function tokenOf({ body: { token } }: { body: Record<string, unknown> }): string {
  if (typeof token !== "string") throw new Error("There is no token to be had at the moment.");
  return token;
}
