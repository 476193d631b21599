/*
 * A fleet under a load that changes, scaled by the shipped ScaledObject: what it asks of Prometheus every 15 s is made
 * from the simulated fleet, the decision is the HorizontalPodAutoscaler's.
 */

import type { Costs } from "../capacity/costs.ts";
import { Fleet, type FleetOptions } from "./fleet.ts";
import { type Behavior, Hpa, type Metric, syncPeriod } from "./hpa.ts";

/** What is read of k8s/components/autoscaling/scaled-object.yaml. */
export interface ScaledObject {
  spec: {
    minReplicaCount: number;
    maxReplicaCount: number;
    triggers: { name: string; metadata: { query: string; threshold: string } }[];
    advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleUp: Behavior; scaleDown: Behavior } } };
  };
}

export interface Scenario {
  fleet: FleetOptions;
  scaledObject: ScaledObject;
  costs: Costs;
  /** Resident bytes of a pod without connections, and of those that it may have. */
  memory: { base: number; limit: number };
  /** Pods at the start. */
  pods: number;
  /** Seconds. */
  duration: number;
  /** Clients that there are, by the second. */
  clients(second: number): number;
}

export interface Outcome {
  fleet: Fleet;
  /** Pod-seconds that ran, and those of an oracle that runs the fewest whose load is within the thresholds at each moment. */
  podSeconds: number;
  oraclePodSeconds: number;
  mostPods: number;
}

/** Runs the scenario, a second at a time. */
export function simulate(scenario: Scenario): Outcome {
  const { scaledObject, clients, duration, pods, fleet: options } = scenario;
  const { minReplicaCount: least, maxReplicaCount: most, advanced } = scaledObject.spec;
  const hpa = new Hpa({ least, most, ...advanced.horizontalPodAutoscalerConfig.behavior });
  const fleet = new Fleet(options, pods, clients(0));
  const prometheus = new Prometheus(scenario, fleet);
  const outcome = { fleet, podSeconds: 0, oraclePodSeconds: 0, mostPods: pods };
  let there = clients(0);
  for (let second = 1; second <= duration; second++) {
    const next = clients(second);
    if (next < there) fleet.leave(there - next);
    fleet.pass(Math.max(0, next - there));
    there = next;
    if (second % syncPeriod === 0) {
      prometheus.scrape();
      fleet.scaleTo(hpa.sync(second, fleet.replicas, prometheus.metrics()));
    }
    outcome.podSeconds += fleet.replicas;
    outcome.oraclePodSeconds += Math.max(least, Math.ceil(there / connectionsAPod(scaledObject)));
    outcome.mostPods = Math.max(outcome.mostPods, fleet.replicas);
  }
  return outcome;
}

function connectionsAPod(scaledObject: ScaledObject): number {
  return Number(triggerOf(scaledObject, "connections").metadata.threshold);
}

/** @throws Error where there is none of the name */
export function triggerOf({ spec }: ScaledObject, name: string): ScaledObject["spec"]["triggers"][number] {
  const found = spec.triggers.find((trigger) => trigger.name === name);
  if (!found) throw new Error(`The ScaledObject has no trigger "${name}".`);
  return found;
}

/** How far ahead, in seconds, the query of the trigger looks; 0 where it does not. */
export function leadOf(scaledObject: ScaledObject, name: string): number {
  const { query } = triggerOf(scaledObject, name).metadata;
  return Number(/predict_linear\([\s\S]*\[2m:15s\],\s*(\d+)\)/.exec(query)?.[1] ?? 0);
}

/** Scrapes, and answers the triggers' queries as of the last scrape. */
class Prometheus {
  readonly #scenario: Scenario;
  readonly #fleet: Fleet;
  readonly #lead: number;
  #samples: number[] = [];
  #admitted = 0;
  #busy = 0;

  constructor(scenario: Scenario, fleet: Fleet) {
    this.#scenario = scenario;
    this.#fleet = fleet;
    this.#lead = leadOf(scenario.scaledObject, "connections");
  }

  scrape(): void {
    const { costs } = this.#scenario;
    const admitted = this.#fleet.admitted;
    // rate[2m], which follows within two minutes; halfway is taken.
    const rate = (admitted - this.#admitted) / syncPeriod;
    this.#busy += (rate * costs.accept - this.#busy) / 4;
    this.#admitted = admitted;
    this.#samples = [...this.#samples, this.#fleet.connections].slice(-9);
  }

  metrics(): Metric[] {
    const { scaledObject, costs, memory } = this.#scenario;
    const threshold = (name: string) => Number(triggerOf(scaledObject, name).metadata.threshold);
    const resident = this.#fleet.pods * memory.base + this.#fleet.connections * costs.connectionBytes;
    return [
      { sum: Math.max(0, predicted(this.#samples, this.#lead)), threshold: threshold("connections") },
      { sum: this.#busy, threshold: threshold("busy") },
      { sum: resident / memory.limit, threshold: threshold("memory") },
    ];
  }
}

/** As `predict_linear` does: the line of the least squares, `lead` seconds after the last of the samples. */
function predicted(samples: readonly number[], lead: number): number {
  const last = samples.at(-1) ?? 0;
  if (lead === 0 || samples.length < 2) return last;
  const times = samples.map((_, index) => (index - samples.length + 1) * syncPeriod);
  const [meanTime, meanValue] = [times, samples].map(
    (all) => all.reduce((a, b) => a + b, 0) / all.length,
  ) as [number, number];
  const covariance = times.reduce(
    (sum, time, index) => sum + (time - meanTime) * ((samples[index] ?? 0) - meanValue),
    0,
  );
  const slope = covariance / times.reduce((sum, time) => sum + (time - meanTime) ** 2, 0);
  return meanValue + slope * (lead - meanTime);
}
