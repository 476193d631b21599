/*
 * The algorithm of Kubernetes' HorizontalPodAutoscaler (autoscaling/v2, as of 1.36), for external metrics of the type
 * AverageValue, which is what KEDA makes of a ScaledObject:
 * https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#algorithm-details
 */

/** So many pods, or so many percent of them, may come or go within a period. */
export interface Policy {
  type: "Percent" | "Pods";
  value: number;
  periodSeconds: number;
}

export interface Behavior {
  stabilizationWindowSeconds: number;
  selectPolicy: "Max" | "Min";
  policies: readonly Policy[];
}

export interface HpaOptions {
  least: number;
  most: number;
  scaleUp: Behavior;
  scaleDown: Behavior;
}

/** The sum of a metric over all pods, and how much of it one pod is to have. */
export interface Metric {
  sum: number;
  threshold: number;
}

/** Seconds between two syncs of the controller, by its default. */
export const syncPeriod = 15;
/** The share by which a metric may miss its aim before anything happens, by the controller's default. */
const tolerance = 0.1;

interface Event {
  at: number;
  change: number;
}

/** One autoscaler; it keeps what it recommended and did, as the controller does. */
export class Hpa {
  readonly #options: HpaOptions;
  #recommendations: { at: number; replicas: number }[] = [];
  #events: Event[] = [];

  constructor(options: HpaOptions) {
    this.#options = options;
  }

  /**
   * One sync.
   *
   * @param now seconds
   * @param current replicas that the Deployment has
   * @returns replicas that it is to have
   */
  sync(now: number, current: number, metrics: readonly Metric[]): number {
    const { least, most, scaleUp, scaleDown } = this.#options;
    const wanted = Math.max(...metrics.map((metric) => replicasFor(metric, current)));
    const proposed = Math.min(Math.max(wanted, least), most);
    this.#recommendations.push({ at: now, replicas: proposed });
    const stable = this.#stabilized(now, current, proposed);
    const decided =
      stable > current
        ? Math.min(stable, this.#limit(now, current, scaleUp, +1), most)
        : Math.max(stable, this.#limit(now, current, scaleDown, -1), least);
    if (decided !== current) this.#events.push({ at: now, change: decided - current });
    return decided;
  }

  /** The lowest recommendation of the window in which it may rise, the highest of that in which it may fall. */
  #stabilized(now: number, current: number, proposed: number): number {
    const { scaleUp, scaleDown } = this.#options;
    const within = (seconds: number) =>
      this.#recommendations.filter(({ at }) => at >= now - seconds).map(({ replicas }) => replicas);
    const up = Math.min(proposed, ...within(scaleUp.stabilizationWindowSeconds));
    const down = Math.max(proposed, ...within(scaleDown.stabilizationWindowSeconds));
    const longest = Math.max(scaleUp.stabilizationWindowSeconds, scaleDown.stabilizationWindowSeconds);
    this.#recommendations = this.#recommendations.filter(({ at }) => at >= now - longest);
    return Math.min(Math.max(current, up), down);
  }

  #limit(now: number, current: number, { policies, selectPolicy }: Behavior, sign: 1 | -1): number {
    const limits = policies.map(({ type, value, periodSeconds }) => {
      const changes = this.#events.filter(({ at, change }) => at > now - periodSeconds && change * sign > 0);
      const begin = current - changes.reduce((sum, { change }) => sum + change, 0);
      if (type === "Pods") return begin + sign * value;
      return sign > 0 ? Math.ceil(begin * (1 + value / 100)) : Math.floor(begin * (1 - value / 100));
    });
    // `Max` is the policy that allows the largest change.
    return (selectPolicy === "Max") === sign > 0 ? Math.max(...limits) : Math.min(...limits);
  }
}

function replicasFor({ sum, threshold }: Metric, current: number): number {
  const ratio = sum / (threshold * current);
  return Math.abs(ratio - 1) <= tolerance ? current : Math.ceil(sum / threshold);
}
