import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";

export const deploy = resolve(import.meta.dirname, "../..");
export const rulesFile = resolve(deploy, "prometheus/rules/tidegate.yaml");
const testsFolder = resolve(deploy, "prometheus/tests");

export interface Rule {
  expr: string;
  record?: string;
  alert?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface Alert extends Rule {
  alert: string;
}

export function rules(): Rule[] {
  const { groups } = parse(readFileSync(rulesFile, "utf8")) as { groups: { rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules);
}

export function alerts(): Alert[] {
  return rules().filter((rule): rule is Alert => rule.alert !== undefined);
}

export function testFiles(): string[] {
  return readdirSync(testsFolder).map((file) => resolve(testsFolder, file));
}

/** For each alert that the tests name, how many alerts each of its cases expects. */
export function expectations(): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const file of testFiles()) {
    const { tests } = parse(readFileSync(file, "utf8")) as { tests: { alert_rule_test?: AlertTest[] }[] };
    for (const { alertname, exp_alerts } of tests.flatMap((test) => test.alert_rule_test ?? [])) {
      found.set(alertname, [...(found.get(alertname) ?? []), exp_alerts.length]);
    }
  }
  return found;
}

interface AlertTest {
  alertname: string;
  exp_alerts: object[];
}
