import { production, type Values } from "./helm.ts";

const host = "rt.example.com";
const entries = [
  { kind: "gateway", host, class: "example", timeouts: false },
  { kind: "nginx", host, class: "nginx" },
  { kind: "traefik", host },
  { kind: "tke", host },
];
const everything: Values = {
  ...production,
  wechat: { enabled: true },
  autoscaling: { enabled: true, min: 5, max: 50, fallback: 8, prometheus: "https://thanos.example.com" },
  monitoring: { podMonitor: true, rules: true, dashboard: true, labels: { release: "prometheus" } },
};

/** Values that somebody may install with, by what they show. */
export const matrix: Record<string, Values> = {
  nothing: {},
  production,
  ...Object.fromEntries(entries.map((entry) => [entry.kind, { ...everything, entry }])),
  external: {
    ...everything,
    secret: {
      files: { TIDEGATE_REDIS_TLS_CA_FILE: "redis-ca" },
      external: {
        enabled: true,
        store: { name: "vault" },
        keys: {
          "token-secret": "rt/token",
          "api-keys": "rt/api",
          "redis-url": "rt/redis",
          "wechat-apps": "rt/wechat",
          "redis-ca": "rt/ca",
        },
      },
    },
  },
  ipv6: { ...production, service: { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv6"] } },
  dualStack: { ...production, service: { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] } },
  slow: { ...production, drainWindow: 600, replicas: 12 },
  placed: {
    ...production,
    image: { ...(production.image as object), pullPolicy: "Always", pullSecrets: [{ name: "registry" }] },
    resources: { requests: { cpu: "2", memory: "2Gi" }, limits: { memory: "2Gi" } },
    podAnnotations: { "example.com/team": "realtime" },
    nodeSelector: { pool: "realtime" },
    tolerations: [{ key: "realtime", operator: "Exists", effect: "NoSchedule" }],
    affinity: { nodeAffinity: {} },
    priorityClassName: "high",
  },
  otherRedis: { ...production, networkPolicy: { redisPorts: [10000] } },
  noPolicy: { ...production, networkPolicy: { enabled: false } },
  settings: {
    ...production,
    settings: { TIDEGATE_CAPACITY: 20000, TIDEGATE_REBALANCE: false, TIDEGATE_LOG_LEVEL: "warn" },
    channels: [{ match: "room:*", subscribe: "token" }],
    autoscaling: { enabled: true },
  },
};
