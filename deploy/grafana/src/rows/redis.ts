import { of, quantile, rate, sum } from "../expressions.ts";
import { graph } from "../panels.ts";

/** Redis' own exporter, which is no pod of ours. */
const exporter = (metric: string) => `${metric}{job=~"$redis"}`;
const exporterRate = (metric: string) => `rate(${exporter(metric)}[$__rate_interval])`;

/** The place where the nodes meet. */
export const redis = [
  graph({
    title: "Redis call p99",
    about: "From a call to its answer, by connection; a script is one call. The subscriber's are few.",
    unit: "s",
    limits: [0.05, 0.5],
    series: { "{{connection}}": quantile(0.99, "tidegate_redis_call_seconds", "connection") },
  }),
  graph({
    title: "Calls",
    about: "Calls of Redis that were answered, and that were not or with an error.",
    unit: "ops",
    series: {
      answered: sum(rate("tidegate_redis_call_seconds_count")),
      failed: sum(rate("tidegate_redis_call_failures_total")),
    },
  }),
  graph({
    title: "Subscription lag",
    about:
      "How long Redis took for its last answer on the connection that brings messages: these were as late.",
    unit: "s",
    limits: [0.1, 0.5],
    series: { "{{pod}}": `max by (pod) (${of("tidegate_redis_subscription_lag_seconds")})` },
  }),
  graph({
    title: "Connections to Redis",
    about:
      "Connections that are there: one for commands and one for subscriptions, for each pod and primary.",
    unit: "short",
    series: { "{{connection}}": sum(of("tidegate_redis_connected"), "connection") },
  }),
  graph({
    title: "Redis connections made",
    about: "More than a pod's first are reconnects.",
    unit: "ops",
    series: { "{{connection}}": sum(rate("tidegate_redis_connects_total"), "connection") },
  }),
  graph({
    title: "Pending calls",
    about: "Calls that wait for an answer. They are bounded; a pile is a Redis that does not keep up.",
    unit: "short",
    series: { "{{pod}}": sum(of("tidegate_redis_pending_calls"), "pod") },
  }),
  graph({
    title: "Nodes that see each other",
    about: "Nodes whose leases hold, as each pod knows. It is the number of pods, or a pod is cut off.",
    unit: "short",
    series: { "{{pod}}": `max by (pod) (${of("tidegate_cluster_nodes")})` },
  }),
  graph({
    title: "Leases and commands",
    about:
      "Leases that were lost by nodes that ran (frozen, or out of reach), and nodes that did not answer a command.",
    unit: "ops",
    series: {
      "leases lost": sum(rate("tidegate_leases_lost_total")),
      unreached: sum(rate("tidegate_unreached_nodes_total")),
    },
  }),
  graph({
    title: "Redis memory",
    about:
      "Memory of Redis, and its limit where one is set. At the limit nothing can be published: the policy is noeviction.",
    unit: "bytes",
    series: {
      "used {{instance}}": exporter("redis_memory_used_bytes"),
      "limit {{instance}}": exporter("redis_memory_max_bytes"),
    },
  }),
  graph({
    title: "Redis commands",
    about: "Commands that Redis processed a second, those inside scripts included.",
    unit: "ops",
    series: { "{{instance}}": exporterRate("redis_commands_processed_total") },
  }),
  graph({
    title: "Redis CPU",
    about: "Cores that Redis uses. It has one for commands: near 1 it is full, and Redis Cluster is next.",
    unit: "short",
    limits: [0.7, 0.9],
    series: {
      "{{instance}}": `${exporterRate("redis_cpu_user_seconds_total")} + ${exporterRate("redis_cpu_sys_seconds_total")}`,
    },
  }),
  graph({
    title: "Redis clients",
    about: "Connections that Redis has, and keys that it evicted, of which there must be none.",
    unit: "short",
    series: {
      "clients {{instance}}": exporter("redis_connected_clients"),
      "evicted {{instance}}": exporterRate("redis_evicted_keys_total"),
    },
  }),
];
