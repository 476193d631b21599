/*
 * What scaling has to hold, in simulation: the shipped ScaledObject and settings, the gateway's own rules, and what the bench
 * measured. A test runs these, and k8s/README.md has their figures.
 */

import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { costsOf } from "../capacity/costs.ts";
import { Fleet, type FleetOptions } from "./fleet.ts";
import { type Outcome, type ScaledObject, simulate } from "./simulation.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const costs = costsOf(JSON.parse(read("../bench/results.json")));
const shipped = () => parse(read("../../k8s/components/autoscaling/scaled-object.yaml")) as ScaledObject;

/** As the manifests and the defaults have it; a pod is there 10 s after it was asked for. */
const gateways: FleetOptions = {
  capacity: 10_000,
  handshakeRate: 300,
  preStop: 10,
  drainWindow: 90,
  start: 10,
  pacedStart: true,
};
const memory = { base: 120e6, limit: 768 * 2 ** 20 };
const day = 86_400;
/** Clients of the storm: those that are there before, and those that there are in the end. */
const storm = { from: 12_000, to: 300_000, begin: 300, seconds: 600 };
/** Clients of the day, at night and in the evening. */
const tide = { low: 30_000, high: 300_000 };
/** Seconds between two attempts of `kubectl drain` to evict a pod. */
const evictionInterval = 5;

export const proofs = {
  /** Ten minutes in which 480 clients come each second. */
  storm({ lead }: { lead?: number } = {}): Outcome {
    const scaledObject = shipped();
    scaledObject.spec.maxReplicaCount = 50;
    for (const { metadata } of scaledObject.spec.triggers) {
      if (lead !== undefined) metadata.query = metadata.query.replace(/15s\], \d+\)/, `15s], ${lead})`);
    }
    const rate = (storm.to - storm.from) / storm.seconds;
    return simulate({
      fleet: gateways,
      scaledObject,
      costs,
      memory,
      pods: 3,
      duration: storm.begin + storm.seconds + 300,
      clients: (second) => Math.min(storm.to, storm.from + Math.max(0, second - storm.begin) * rate),
    });
  },

  /** A day on which the evening has ten times the clients of the night. */
  day(): Outcome & { clients: number } {
    const scaledObject = shipped();
    scaledObject.spec.maxReplicaCount = 60;
    const [middle, swing] = [(tide.high + tide.low) / 2, (tide.high - tide.low) / 2];
    const outcome = simulate({
      fleet: gateways,
      scaledObject,
      costs,
      memory,
      pods: 5,
      duration: day,
      clients: (second) => Math.round(middle - swing * Math.cos((2 * Math.PI * second) / day)),
    });
    return { ...outcome, clients: tide.high };
  },

  /** All nodes of a cluster are drained together, with 30 pods that are 70 % full; each eviction is tried every 5 s. */
  upgrade({ pacedStart = true }: { pacedStart?: boolean } = {}): { fleet: Fleet; seconds: number } {
    const fleet = new Fleet({ ...gateways, pacedStart }, 30, 210_000);
    const left = new Set(fleet.staying);
    let seconds = 0;
    for (; left.size > 0 || fleet.going > 0; seconds++) {
      if (seconds > day) throw new Error("The upgrade does not end.");
      fleet.pass(0);
      if (seconds % evictionInterval === 0) for (const pod of left) if (fleet.evict(pod)) left.delete(pod);
    }
    return { fleet, seconds };
  },
};

/** The figures, as k8s/README.md has them. */
export function figuresPage(): string {
  const [inStorm, overDay, inUpgrade] = [proofs.storm(), proofs.day(), proofs.upgrade()];
  const ratio = overDay.podSeconds / overDay.oraclePodSeconds;
  const before = proofs.upgrade({ pacedStart: false });
  const { fleet } = inStorm;
  return `| in simulation | |
|---|---|
| from 3 pods to 300,000 connections in ten minutes | the fullest pod is over its capacity for ${fleet.longestOverfull} s; ${inStorm.mostPods} pods in the end; ${share(fleet.reconnects, storm.to)} reconnects a client, ${fleet.mostMoves()} at most for 999 of 1,000 |
| a day, ten times the clients in the evening | ${ratio.toFixed(2)} × the pods that the thresholds ask for at each moment; ${share(overDay.fleet.reconnects, overDay.clients)} reconnects a client |
| all nodes of the cluster are drained together, 30 pods with 7,000 connections each | ${inUpgrade.fleet.mostGoing} go at once (without the paced start ${before.fleet.mostGoing}), ${Math.round(inUpgrade.fleet.fastestDrain)} reconnects a second (${Math.round(before.fleet.fastestDrain)}), over in ${Math.round(inUpgrade.seconds / 60)} minutes (${Math.round(before.seconds / 60)}) |
`;
}

function share(part: number, whole: number): string {
  return (part / whole).toFixed(2);
}
