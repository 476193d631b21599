/** Writes the dashboard's JSON, as Grafana imports it. */
import { writeFileSync } from "node:fs";
import { dashboardText } from "./dashboard.ts";

writeFileSync(new URL("../dashboards/tidegate.json", import.meta.url), dashboardText());
