import { configPage } from "./config-page.ts";
import { errorsPage } from "./errors-page.ts";
import { limitsPage } from "./limits-page.ts";
import { logsPage } from "./logs-page.ts";
import { metricsPage } from "./metrics-page.ts";
import { operationsPage } from "./operations-page.ts";

/** Each page of `docs/` that is generated, as a whole or in part, with what makes it. */
const generators: Record<string, () => string | Promise<string>> = {
  "CONFIG.md": configPage,
  "ERRORS.md": errorsPage,
  "LIMITS.md": limitsPage,
  "LOGS.md": logsPage,
  "METRICS.md": metricsPage,
  "OPERATIONS.md": operationsPage,
};

/** The generated pages as they should be: the content by the file's name. */
export async function pages(): Promise<Record<string, string>> {
  const written: Record<string, string> = {};
  for (const [name, generate] of Object.entries(generators)) written[name] = await generate();
  return written;
}
