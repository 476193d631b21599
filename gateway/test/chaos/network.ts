import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Of eight addresses each, of those that are for tests between networks (RFC 2544). */
const blocks = 2 ** 14;

/** A network beside the machine's own, in which packets can vanish without either end being told. */
export class Network {
  /** Of what runs in it: several, so that they can be told apart by where they go. */
  readonly addresses: readonly string[];
  readonly #name: string;

  private constructor(name: string, addresses: readonly string[]) {
    this.#name = name;
    this.addresses = addresses;
  }

  /** @throws Error where this system, or this user, cannot: it takes root, `ip` and `iptables` */
  static async make(): Promise<Network> {
    const block = randomInt(blocks);
    const [outer, ...addresses] = Array.from({ length: 4 }, (_, index) => addressOf(8 * block + 1 + index));
    const name = `tidegate-${block}`;
    const [near, far] = [`tg${block}-near`, `tg${block}-far`];
    const network = new Network(name, addresses);
    await run("ip", ["netns", "add", name]);
    try {
      await run("ip", ["link", "add", near, "type", "veth", "peer", "name", far, "netns", name]);
      await run("ip", ["address", "add", `${outer}/29`, "dev", near]);
      await run("ip", ["link", "set", near, "up"]);
      for (const address of addresses)
        await network.#within("ip", "address", "add", `${address}/29`, "dev", far);
      await network.#within("ip", "link", "set", far, "up");
      await network.#within("iptables", "--list");
    } catch (error) {
      await network.remove();
      throw error;
    }
    return network;
  }

  /** What a command line begins with, to run in it. */
  get command(): readonly string[] {
    return ["ip", "netns", "exec", this.#name];
  }

  /** From now on nothing of the connections with these ports outside comes in or goes out. */
  async dropConnections(ports: readonly number[]): Promise<void> {
    for (const port of ports) {
      await this.#drop("INPUT", "--protocol", "tcp", "--source-port", String(port));
      await this.#drop("OUTPUT", "--protocol", "tcp", "--destination-port", String(port));
    }
  }

  /** From now on nothing comes to one of its addresses, or from it. */
  async dropAddress(address: string): Promise<void> {
    await this.#drop("INPUT", "--destination", address);
    await this.#drop("OUTPUT", "--source", address);
  }

  /** Lets everything through. */
  async heal(): Promise<void> {
    await this.#within("iptables", "--flush");
  }

  /** What still runs in it goes on without a way out. */
  async remove(): Promise<void> {
    await run("ip", ["netns", "delete", this.#name]);
  }

  async #drop(...packets: string[]): Promise<void> {
    const [chain = "", ...which] = packets;
    await this.#within("iptables", "--append", chain, ...which, "--jump", "DROP");
  }

  async #within(...command: string[]): Promise<void> {
    const [file = "", ...args] = [...this.command, ...command];
    await run(file, args);
  }
}

/** The nth of 198.18.0.0/15. */
function addressOf(nth: number): string {
  return [198, 18 + (nth >> 16), (nth >> 8) & 255, nth & 255].join(".");
}
