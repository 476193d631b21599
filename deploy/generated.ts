import { readFileSync } from "node:fs";
import { figuresPath, readRun, resultsPage } from "./bench/results.ts";
import { capacityPage } from "./capacity/page.ts";
import { chartFiles } from "./chart/base.ts";
import { dashboardText } from "./grafana/src/dashboard.ts";

/** Where the monitoring component of k8s/ is. */
const component = new URL("../k8s/components/monitoring/", import.meta.url);

const inDeploy = (path: string) => new URL(path, import.meta.url);

/** Every generated file of deploy/ and k8s/ as it should be. */
export function generatedFiles(): { file: URL; text: string }[] {
  return [
    { file: inDeploy("grafana/dashboards/tidegate.json"), text: dashboardText() },
    { file: new URL("tidegate.json", component), text: dashboardText() },
    { file: new URL("rules.yaml", component), text: componentRules() },
    ...chartFiles(componentRules(), dashboardText()),
    { file: inDeploy("CAPACITY.md"), text: capacityPage() },
    { file: inDeploy("bench/RESULTS.md"), text: resultsPage(readRun(figuresPath)) },
  ];
}

/** The rules as an operator's resource: a copy, since kustomize reads nothing outside the folder that it is pointed at. */
function componentRules(): string {
  const rules = readFileSync(inDeploy("prometheus/rules/tidegate.yaml"), "utf8").replaceAll(/^(?=.)/gm, "  ");
  return `# Made by \`npm run generate\` from deploy/prometheus/rules/tidegate.yaml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: tidegate
spec:
${rules}`;
}
