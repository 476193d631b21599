import { readFileSync } from "node:fs";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

/** Where the files belong. */
export const folder = new URL("../../k8s/components/monitoring/", import.meta.url);

/**
 * The rules and the dashboard as the monitoring component holds them, by the files' names. They are copies, since
 * kustomize reads nothing outside the folder that it is pointed at.
 */
export function componentFiles(): Record<string, string> {
  const rules = read("prometheus/rules/tidegate.yaml").replaceAll(/^(?=.)/gm, "  ");
  const rule = `# Made by \`npm run component --prefix deploy\` from deploy/prometheus/rules/tidegate.yaml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: tidegate
spec:
${rules}`;
  return { "rules.yaml": rule, "tidegate.json": read("grafana/dashboards/tidegate.json") };
}
