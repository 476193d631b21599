import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";

/** Where the objects of the kustomizations are, and where the chart has them: Helm reads nothing outside a chart's folder. */
const k8s = new URL("../../k8s/", import.meta.url);
const base = new URL("chart/files/base/", k8s);

/** Files of the kustomizations by the chart's name for each. */
const copied: Record<string, string> = {
  "deployment.yaml": "base/deployment.yaml",
  "disruption-budget.yaml": "base/disruption-budget.yaml",
  "network-policy.yaml": "base/network-policy.yaml",
  "service-account.yaml": "base/service-account.yaml",
  "services.yaml": "base/services.yaml",
  "redis.yaml": "overlays/dev/redis.yaml",
  "scaled-object.yaml": "components/autoscaling/scaled-object.yaml",
  "gateway.yaml": "components/gateway-api/gateway.yaml",
  "nginx-ingress.yaml": "components/nginx/ingress.yaml",
  "tke-ingress.yaml": "components/tke/ingress.yaml",
  "tke-service-config.yaml": "components/tke/service-config.yaml",
  "traefik-ingress-route.yaml": "components/traefik/ingress-route.yaml",
  "pod-monitor.yaml": "components/monitoring/pod-monitor.yaml",
};

interface Kustomization {
  configMapGenerator?: Generator[];
  secretGenerator?: Generator[];
}

interface Generator {
  name: string;
  literals?: string[];
}

const read = (path: string) => readFileSync(new URL(path, k8s), "utf8");

/**
 * The files that the chart makes its objects of.
 *
 * @param rules the alerts as an operator's resource
 * @param dashboard as Grafana imports it
 */
export function chartFiles(rules: string, dashboard: string): { file: URL; text: string }[] {
  const copies = Object.entries(copied).map(([name, path]) => ({
    name,
    text: `# Made by \`npm run generate\` from k8s/${path}.\n${read(path)}`,
  }));
  // The gateway reads it as it is.
  const channels = { name: "channels.yaml", text: read("base/channels.yaml") };
  const made = [
    { name: "settings.yaml", text: settings() },
    { name: "rules.yaml", text: rules },
    { name: "tidegate.json", text: dashboard },
  ];
  return [...copies, channels, ...made].map(({ name, text }) => ({ file: new URL(name, base), text }));
}

/** What the kustomizations put into the gateway's environment, and what they add to it. */
function settings(): string {
  const generators = (folder: string) => parse(read(`${folder}/kustomization.yaml`)) as Kustomization;
  const settingsOf = (folder: string) => literals(generators(folder).configMapGenerator, "tidegate-settings");
  const of = {
    base: settingsOf("base"),
    development: settingsOf("overlays/dev"),
    tke: settingsOf("components/tke"),
    wechat: settingsOf("components/wechat"),
    developmentSecrets: literals(generators("overlays/dev").secretGenerator, "tidegate"),
  };
  return `# Made by \`npm run generate\` from the kustomizations of k8s/.\n${stringify(of, { lineWidth: 0 })}`;
}

function literals(generators: readonly Generator[] = [], name: string): Record<string, string> {
  const found = generators.find((generator) => generator.name === name)?.literals ?? [];
  return Object.fromEntries(found.map((literal) => literal.split(/=(.*)/s).slice(0, 2)));
}
