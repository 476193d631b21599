import { readFileSync } from "node:fs";
import { type App, createApp } from "./app.ts";
import { ConfigError, loadConfig } from "./config/load.ts";
import { developmentBanner, withDevelopmentKeys } from "./development.ts";
import { createLog, type Log } from "./log.ts";

/** What a drain may take beyond its window before the process ends all the same. */
const drainGrace = 10_000;

async function main(): Promise<void> {
  // A reader of the output that goes away must not take the process with it.
  process.stdout.on("error", () => {});
  const { config: loaded, rules, warnings } = loadConfig(process.env, (path) => readFileSync(path, "utf8"));
  const config = withDevelopmentKeys(loaded);
  const log = createLog(config.logLevel, config.nodeId);
  for (const warning of warnings) log.warn({}, warning);
  const app = await createApp({ config, rules, log });
  const ports = await app.start();
  stopOnSignals(app, config.drainWindow + drainGrace, log);
  log.info(ports, "listening");
  if (!config.production) process.stdout.write(await developmentBanner(config, ports, log));
}

/** The first signal drains, a second one ends the process at once. */
function stopOnSignals(app: App, bound: number, log: Log): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), bound).unref();
    log.info({ signal }, "draining");
    await app.drain();
    await app.stop();
    log.info({}, "stopped");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof ConfigError ? error.message : (error as Error).stack}\n`);
  process.exit(1);
});
