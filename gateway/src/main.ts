import { readFileSync } from "node:fs";
import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net";
import { type App, createApp } from "./app.ts";
import { ConfigError, loadConfig } from "./config/load.ts";
import { reread } from "./config/reread.ts";
import { readTlsPair } from "./config/tls-pair.ts";
import { developmentBanner, withDevelopmentKeys } from "./development.ts";
import { Failure } from "./errors.ts";
import { createLog, type Log } from "./log.ts";
import { stopMargin } from "./ops/shutdown.ts";

/**
 * Milliseconds that a connection is tried on one address of a name before the next. Node's own 500 (250 before 26) are
 * less than a handshake takes once its first packet is lost: then no address is ever reached.
 */
const addressPatience = 1_500;

async function main(): Promise<void> {
  setDefaultAutoSelectFamilyAttemptTimeout(addressPatience);
  // A reader of the output that goes away must not take the process with it.
  process.stdout.on("error", () => {});
  const readFile = (path: string) => readFileSync(path, "utf8");
  const { config: loaded, warnings, ...file } = loadConfig(process.env, readFile);
  const config = withDevelopmentKeys(loaded);
  const log = createLog(config.logLevel, config.nodeId);
  for (const warning of warnings) log.write("config_doubtful", { warning });
  let started: App | undefined;
  stopOnSignals(() => started, config.drainWindow + stopMargin, log);
  const again = {
    reread: () => reread(config, process.env, readFile),
    readTls: () => readTlsPair(process.env, readFile),
  };
  const app = await createApp({ ...file, config, log, ...again });
  const ports = await app.start();
  started = app;
  log.write("node_listening", ports);
  if (!config.production) process.stdout.write(await developmentBanner(loaded, config, ports, log));
}

/**
 * The first signal drains, a second one ends the process at once. The first process of a container gets no signal
 * that it does not listen to, so it listens before there is anything to drain.
 *
 * @param bound milliseconds after which the process ends, drained or not
 */
function stopOnSignals(started: () => App | undefined, bound: number, log: Log): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.write("node_draining", { signal });
    setTimeout(() => process.exit(1), bound).unref();
    drainAndStop(started()).then(
      (left) => {
        log.write("node_stopped", { left });
        process.exit(left === 0 ? 0 : 1);
      },
      (error: unknown) => {
        log.write("node_stop_failed", { cause: error, err: error });
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, stop);
}

/** @returns connections that had to be cut. A node that does not listen yet has nobody to send away. */
async function drainAndStop(app: App | undefined): Promise<number> {
  if (!app) return 0;
  try {
    return await app.drain();
  } finally {
    await app.stop();
  }
}

main().catch((error: unknown) => {
  const isTold = error instanceof ConfigError || error instanceof Failure;
  process.stderr.write(`${isTold ? error.message : (error as Error).stack}\n`);
  process.exit(1);
});
