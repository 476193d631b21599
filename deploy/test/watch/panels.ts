import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { deploy } from "./rule-files.ts";

const dashboardFile = resolve(deploy, "grafana/dashboards/tidegate.json");

export interface Target {
  refId: string;
  expr: string;
  legendFormat: string;
}

export interface Panel {
  type: string;
  title: string;
  description?: string;
  targets?: Target[];
  fieldConfig?: { defaults: { unit?: string } };
  gridPos: { x: number; y: number; w: number; h: number };
}

interface Dashboard {
  panels: Panel[];
  templating: { list: { name: string; type: string; query: string }[] };
}

export function dashboardPage(): Dashboard {
  return JSON.parse(readFileSync(dashboardFile, "utf8"));
}

/** The panels that show something, without the rows that they stand in. */
export function panels(): Panel[] {
  return dashboardPage().panels.filter(({ type }) => type !== "row");
}

export function rowTitles(): string[] {
  return dashboardPage()
    .panels.filter(({ type }) => type === "row")
    .map(({ title }) => title);
}
