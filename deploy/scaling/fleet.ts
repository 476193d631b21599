/*
 * A fleet of gateways as its balancer and the autoscaler see it: counts, no clients one by one. The rules are those of
 * the gateway and of the manifests; when a newcomer is ready and who has too many are asked of the gateway's own functions.
 */

import type { NodeInfo } from "../../gateway/src/backplane/ports.ts";
import { isToWait } from "../../gateway/src/ops/paced-start.ts";
import { excessOf, loadOf, unevennessOf } from "../../gateway/src/ops/rebalance.ts";

/** How gateways are run; times in seconds. */
export interface FleetOptions {
  capacity: number;
  /** Handshakes that a node takes in a second. */
  handshakeRate: number;
  preStop: number;
  drainWindow: number;
  /** From the wish for a pod to its process. */
  start: number;
  /** Whether newcomers wait for those who go (`TIDEGATE_PACED_START`). */
  pacedStart: boolean;
}

/** One pod. `moves[n]` are connections of clients that have come back n times. */
interface Pod {
  name: string;
  moves: number[];
  since: number;
  ready: boolean;
  /** When it was asked to go. */
  goingSince?: number;
  /** Connections when it began to drain. */
  drained?: number;
}

/** Seconds between two looks of a node at the others. */
const lookInterval = 10;
/** Of the refused, who come back in 1 to 5 s. */
const comeBackAfter = 3;

/** One fleet, which is moved on second by second. */
export class Fleet {
  readonly #options: FleetOptions;
  #pods: Pod[];
  #made = 0;
  #now = 0;
  /** Clients on their way, by how often they have come back: those of this second, and of the next ones. */
  #coming: number[][] = [];
  #overfull = new Map<string, number>();
  /** The longest that a pod has had more connections than its capacity, in seconds. */
  longestOverfull = 0;
  /** Times that clients have come back. */
  reconnects = 0;
  /** Handshakes that were taken. */
  admitted = 0;
  mostGoing = 0;
  /** The most clients that were sent away in one second. */
  fastestDrain = 0;

  constructor(options: FleetOptions, pods: number, connections: number) {
    this.#options = options;
    this.#pods = Array.from({ length: pods }, () => ({
      ...this.#newPod(-3_600),
      ready: true,
      moves: [connections / pods],
    }));
  }

  get replicas(): number {
    return this.#pods.filter(({ goingSince }) => goingSince === undefined).length;
  }

  /** Of all pods, those that go included. */
  get connections(): number {
    return sum(this.#pods.map(countOf));
  }

  /** Processes that run. */
  get pods(): number {
    return this.#pods.filter((pod) => pod.since <= this.#now).length;
  }

  get ready(): number {
    return this.#pods.filter(({ ready, goingSince }) => ready && goingSince === undefined).length;
  }

  get going(): number {
    return this.#pods.filter(({ goingSince }) => goingSince !== undefined).length;
  }

  /** The names of the pods that are there and have not been asked to go, the oldest first. */
  get staying(): string[] {
    return this.#pods.filter(({ goingSince }) => goingSince === undefined).map(({ name }) => name);
  }

  /** The most that a client has come back, for at least one client in a thousand of those that are there. */
  mostMoves(): number {
    const all = this.connections;
    const counts = this.#pods.reduce<number[]>((into, { moves }) => added(into, moves), []);
    return counts.findLastIndex((count) => count > all / 1_000);
  }

  /** As the Deployment's controller does: of those that are ready it takes the youngest. */
  scaleTo(replicas: number): void {
    while (this.replicas < replicas) this.#pods.push(this.#newPod(this.#now + this.#options.start));
    const staying = () => this.#pods.filter(({ goingSince }) => goingSince === undefined);
    while (this.replicas > replicas) {
      const victim = staying().reduce((a, b) => (rank(b) > rank(a) ? b : a));
      victim.goingSince = this.#now;
    }
  }

  /** Evicts a pod as `kubectl drain` does, where the disruption budget of one unready pod lets it. */
  evict(name: string): boolean {
    const pod = this.#pods.find((each) => each.name === name);
    if (!pod || pod.goingSince !== undefined) return true;
    const { replicas } = this;
    if (this.ready < replicas) return false;
    pod.goingSince = this.#now;
    this.scaleTo(replicas);
    return true;
  }

  /** Sends connections of clients away that go for good, from all pods alike. */
  leave(connections: number): void {
    const share = Math.min(1, connections / Math.max(1, this.connections));
    for (const pod of this.#pods) pod.moves = pod.moves.map((count) => count * (1 - share));
  }

  /** One second passes, in which so many new clients come. */
  pass(arrivals: number): void {
    this.#now += 1;
    const away = this.#drain();
    this.fastestDrain = Math.max(this.fastestDrain, away);
    this.#becomeReady();
    if (this.#now % lookInterval === 0) this.#evenOut();
    const arriving = added(this.#coming.shift() ?? [], [arrivals]);
    this.#admit(arriving);
    this.#watch();
  }

  /** What the nodes do of themselves every ten seconds, where `TIDEGATE_REBALANCE` is on. */
  #evenOut(): void {
    const nodes = this.#pods.map((pod) => this.#infoOf(pod)).filter(isUp);
    const { capacity } = this.#options;
    for (const pod of this.#pods) {
      const held = countOf(pod);
      const load = loadOf(pod.name, held, nodes);
      const surplus = load ? unevennessOf(load) : 0;
      const count = Math.max(surplus, excessOf({ node: pod.name, capacity }, held, nodes));
      if (count > 0) this.#sendAway(pod, count, "oldest");
    }
  }

  #drain(): number {
    const { preStop, drainWindow } = this.#options;
    let away = 0;
    for (const pod of this.#pods) {
      if (pod.goingSince === undefined || this.#now < pod.goingSince + preStop) continue;
      pod.drained ??= countOf(pod);
      away += this.#sendAway(pod, pod.drained / drainWindow, "youngest");
    }
    this.#pods = this.#pods.filter((pod) => pod.drained === undefined || countOf(pod) > 1e-6);
    return away;
  }

  /** Those who go come back a second later, elsewhere. Who has come back more often has come later. */
  #sendAway(pod: Pod, most: number, first: "oldest" | "youngest"): number {
    const leaving = pod.moves.map(() => 0);
    let left = most;
    const order = [...pod.moves.keys()];
    for (const index of first === "oldest" ? order : order.reverse()) {
      const count = Math.min(left, pod.moves[index] ?? 0);
      leaving[index] = count;
      left -= count;
    }
    pod.moves = pod.moves.map((count, index) => count - (leaving[index] ?? 0));
    this.reconnects += most - left;
    this.#later(1, [0, ...leaving]);
    return most - left;
  }

  #becomeReady(): void {
    const { capacity, pacedStart } = this.#options;
    if (this.#pods.every(({ ready }) => ready)) return;
    const nodes = this.#pods.map((pod) => this.#infoOf(pod));
    for (const pod of this.#pods) {
      const uptime = this.#now - pod.since;
      if (pod.ready || uptime < 0) continue;
      pod.ready = !pacedStart || !isToWait({ node: pod.name, capacity }, uptime, nodes.filter(isUp));
    }
  }

  #infoOf({ name, since, goingSince, moves }: Pod): NodeInfo {
    const draining = goingSince !== undefined && this.#now >= goingSince + this.#options.preStop;
    const [connections, uptime] = [sum(moves), this.#now - since];
    return { node: name, version: "", uptime, connections, subscriptions: 0, draining };
  }

  /** To those with the fewest connections, as the balancers of the manifests do; who is refused comes back. */
  #admit(arriving: number[]): void {
    const { handshakeRate } = this.#options;
    const open = this.#pods.filter(({ ready, goingSince }) => ready && goingSince === undefined);
    const total = sum(arriving);
    if (total === 0) return;
    const room = open.length * handshakeRate;
    const taken = Math.min(total, room);
    this.admitted += taken;
    const shares = leastFirst(open.map(countOf), taken, handshakeRate);
    for (const [index, pod] of open.entries()) {
      const share = (shares[index] ?? 0) / total;
      pod.moves = added(
        pod.moves,
        arriving.map((count) => count * share),
      );
    }
    if (total > taken)
      this.#later(
        comeBackAfter,
        arriving.map((count) => (count * (total - taken)) / total),
      );
  }

  #later(seconds: number, clients: number[]): void {
    while (this.#coming.length < seconds) this.#coming.push([]);
    this.#coming[seconds - 1] = added(this.#coming[seconds - 1] ?? [], clients);
  }

  #watch(): void {
    this.mostGoing = Math.max(this.mostGoing, this.going);
    for (const pod of this.#pods) {
      const full = countOf(pod) > this.#options.capacity;
      const seconds = full ? (this.#overfull.get(pod.name) ?? 0) + 1 : 0;
      this.#overfull.set(pod.name, seconds);
      this.longestOverfull = Math.max(this.longestOverfull, seconds);
    }
  }

  #newPod(since: number): Pod {
    this.#made += 1;
    return { name: `pod-${this.#made}`, moves: [], since, ready: false };
  }
}

/** Pods that are not ready go first, then the youngest. */
function rank({ ready, since }: Pod): number {
  return since + (ready ? 0 : 1e9);
}

function isUp({ uptime }: NodeInfo): boolean {
  return uptime >= 0;
}

function countOf({ moves }: Pod): number {
  return sum(moves);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function added(a: readonly number[], b: readonly number[]): number[] {
  return Array.from(
    { length: Math.max(a.length, b.length) },
    (_, index) => (a[index] ?? 0) + (b[index] ?? 0),
  );
}

/** How many of `taken` go to each, so that those with the fewest are filled up first, none by more than `most`. */
function leastFirst(counts: readonly number[], taken: number, most: number): number[] {
  let [low, high] = [0, Math.max(0, ...counts) + taken];
  const at = (level: number) => counts.map((count) => Math.min(most, Math.max(0, level - count)));
  for (let round = 0; round < 30; round++) {
    const level = (low + high) / 2;
    if (sum(at(level)) < taken) low = level;
    else high = level;
  }
  return at(high);
}
