import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isValue, rules, sizeOf } from "./channels.ts";
import { Dice } from "./dice.ts";
import { Fleet } from "./fleet.ts";
import { apiKey, secret } from "./keys.ts";
import { judge } from "./oracle.ts";
import { settlePresence } from "./presence.ts";
import type { Figures, Scale, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import type { Store } from "./store.ts";

export interface Outcome {
  scenario: Scenario;
  seed: number;
  seconds: number;
  /** What was wrong, one line each; empty where all held. */
  faults: string[];
  figures: Figures;
  /** By what means it was brought about, where there are several. */
  how?: string;
  /** The directory with the logs of nodes and clients, where something was wrong. */
  traces?: string;
}

/** Ends all that a run has started; of the runs that are under way. */
const running = new Set<() => Promise<void>>();

/** Ends what is under way, as it stands. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((end) => end()));
}

/** Runs a scenario under a seed, from empty servers to the verdict. */
export async function run(scenario: Scenario, seed: number, scale: Scale): Promise<Outcome> {
  const begun = performance.now();
  const dice = new Dice(`${seed} ${scenario.name}`);
  const directory = await mkdtemp(join(tmpdir(), "tidegate-chaos-"));
  const config = join(directory, "channels.yaml");
  await writeFile(config, rules);
  let place: Store | undefined;
  let fleet: Fleet | undefined;
  let stage: Stage | undefined;
  const end = async () => {
    stage?.stop();
    await place?.stop();
    await fleet?.stop();
  };
  running.add(end);
  const outcome: Outcome = { scenario, seed, seconds: 0, faults: [], figures: {} };
  try {
    const opened = await open(scenario, dice);
    place = opened;
    if (opened.how) outcome.how = opened.how;
    const envOf = (index: number) => ({ ...environment(opened, config), ...scenario.env?.(opened, index) });
    fleet = await Fleet.start(3, envOf, scenario.source);
    // Nodes of another commit may know no more than Socket.IO.
    const json = scenario.source === undefined;
    stage = await Stage.open({ place, fleet, dice, scale, json });
    await play(scenario, stage, outcome);
  } catch (error) {
    outcome.faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    running.delete(end);
    await end();
  }
  if (outcome.faults.length > 0) outcome.traces = await keepTraces(directory, fleet, stage);
  else await rm(directory, { recursive: true });
  outcome.seconds = (performance.now() - begun) / 1_000;
  return outcome;
}

/** Servers of Redis that do not find together say nothing of the gateway, so they are given a second chance. */
async function open(scenario: Scenario, dice: Dice): Promise<Store> {
  try {
    return await scenario.open(dice.of("place"));
  } catch (error) {
    process.stdout.write(`${scenario.name}: its servers are started once more: ${error}\n`);
    return scenario.open(dice.of("place"));
  }
}

async function play(scenario: Scenario, stage: Stage, outcome: Outcome): Promise<void> {
  const { place, clients, publishers } = stage;
  await stage.pause(500, 1_500);
  outcome.figures = await scenario.strike(stage);
  await stage.pause(500, 1_500);
  const tops = await stage.settle();
  if (!scenario.losesPresence) outcome.figures.presence = await settlePresence(stage);
  const faults = judge({
    logs: clients.flatMap(({ logs }) => logs),
    acknowledged: publishers.acknowledged,
    tops,
    tolerance: (channel) => scenario.tolerance(place, channel),
    size: sizeOf,
    isValue,
  });
  const lines = faults.map(
    ({ kind, client, channel, detail }) => `${kind}: ${client ?? "-"} ${channel}: ${detail}`,
  );
  const throttledLog = [...publishers.throttledLog, ...clients.flatMap((client) => client.throttledLog)];
  const lost = clients.reduce((sum, client) => sum + client.lostConnections, 0);
  if (scenario.keepsSockets && lost > 0) throttledLog.push(`${lost} connections were lost`);
  outcome.faults.push(...lines, ...throttledLog);
  outcome.figures.acknowledged = publishers.acknowledged.length;
  outcome.figures.given = clients
    .flatMap(({ logs }) => logs)
    .reduce((sum, { entries }) => sum + entries.length, 0);
}

function environment({ url }: Store, config: string): Record<string, string> {
  return {
    TIDEGATE_REDIS_URL: url,
    TIDEGATE_CONFIG: config,
    TIDEGATE_TOKEN_SECRET: secret,
    TIDEGATE_API_KEYS: apiKey,
    TIDEGATE_HANDSHAKE_RATE: "0",
    TIDEGATE_DRAIN_WINDOW: "2s",
    TIDEGATE_PING_INTERVAL: "2s",
    TIDEGATE_PING_TIMEOUT: "6s",
  };
}

async function keepTraces(directory: string, fleet?: Fleet, stage?: Stage): Promise<string> {
  for (const { name, process } of fleet?.outputs ?? []) {
    await writeFile(join(directory, `${name}.log`), `${process.stdout}${process.stderr}`);
  }
  const logs = stage?.clients.flatMap((client) => client.logs) ?? [];
  const lines = logs.map((log) => JSON.stringify(log));
  await writeFile(join(directory, "clients.jsonl"), lines.join("\n"));
  const acknowledged = stage?.publishers.acknowledged.map((one) => JSON.stringify(one)) ?? [];
  await writeFile(join(directory, "acknowledged.jsonl"), acknowledged.join("\n"));
  return directory;
}
