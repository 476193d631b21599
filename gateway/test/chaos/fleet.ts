import { setTimeout as sleep } from "node:timers/promises";
import { type GatewayProcess, spawnGateway } from "../support/process.ts";

/** A gateway process; `leaving` since it was told to go. */
export interface Member extends GatewayProcess {
  name: string;
  leaving: boolean;
}

/** Milliseconds for which a balancer still sends to a node that is gone, or is about to go. */
const staleness = 300;

/** Gateway processes on one store, with what a balancer believes of them. */
export class Fleet {
  readonly #env: (index: number) => Record<string, string>;
  readonly #members: Member[] = [];
  /** The folder `gateway` that the next node is started from; this checkout's where undefined. */
  #source: string | undefined;
  #believed: Member[] = [];
  #count = 0;

  private constructor(env: (index: number) => Record<string, string>, source?: string) {
    this.#env = env;
    this.#source = source;
  }

  /**
   * @param env variables of the node with this index; one that takes its place has the same index
   * @param source the folder `gateway` of another checkout, where the nodes are of that one
   */
  static async start(
    count: number,
    env: (index: number) => Record<string, string>,
    source?: string,
  ): Promise<Fleet> {
    const fleet = new Fleet(env, source);
    await Promise.all(Array.from({ length: count }, (_, index) => fleet.#add(index)));
    return fleet;
  }

  /** Those that run. */
  get members(): readonly Member[] {
    return this.#members.filter((member) => member !== undefined);
  }

  urls(): readonly string[] {
    return this.#believed.map(({ url }) => url);
  }

  apis(): readonly string[] {
    return this.#believed.map(({ api }) => api);
  }

  /** From now on nodes are started from this folder `gateway`, or from this checkout's. */
  startFrom(source?: string): void {
    this.#source = source;
  }

  /** Kills a node, and starts another in its place after so many milliseconds. */
  async kill(index: number, pause: number): Promise<void> {
    const member = this.at(index);
    await member.process.stop();
    this.#disbelieve(member);
    await sleep(pause);
    await this.#add(index);
  }

  /**
   * Starts a node, then drains the one whose place it takes, as Kubernetes does.
   *
   * @returns milliseconds from SIGTERM to the exit, and the exit code
   */
  async replace(index: number): Promise<{ ms: number; code: number | NodeJS.Signals }> {
    const member = this.at(index);
    await this.#add(index);
    const begun = performance.now();
    member.leaving = true;
    member.process.signal("SIGTERM");
    this.#disbelieve(member);
    const code = await member.process.exit;
    return { ms: performance.now() - begun, code };
  }

  at(index: number): Member {
    const member = this.#members[index];
    if (!member) throw new RangeError(`There is no node ${index}.`);
    return member;
  }

  /** Everything that nodes have written, by name. */
  readonly outputs: { name: string; process: GatewayProcess["process"] }[] = [];

  async stop(): Promise<void> {
    await Promise.all(this.outputs.map(({ process }) => process.stop()));
  }

  async #add(index: number): Promise<void> {
    this.#count += 1;
    const name = `node-${index}-${this.#count}`;
    const started = await spawnGateway(
      { TIDEGATE_NODE_ID: name, ...this.#env(index) },
      { cwd: this.#source },
    );
    const member = { ...started, name, leaving: false };
    this.outputs.push({ name, process: started.process });
    this.#members[index] = member;
    this.#believed.push(member);
  }

  #disbelieve(member: Member): void {
    setTimeout(() => {
      this.#believed = this.#believed.filter((one) => one !== member);
    }, staleness).unref();
  }
}
