import { closeCrowd, openCrowd } from "../load/crowd.ts";
import { pause } from "../process.ts";
import { type Figures, type Scale, type Scenario, Stopwatch } from "../scenario.ts";
import type { ServerKind, ServerProcess } from "../server-process.ts";

/** Longer than the run, so that no ping is in the figures. */
const calm = { TIDEGATE_PING_INTERVAL: "10m" };

function settle({ quick }: Scale): Promise<void> {
  return pause(quick ? 500 : 5_000);
}

/** What an idle connection with two subscriptions keeps resident. */
async function memory(server: ServerProcess, scale: Scale): Promise<Figures> {
  const clients = scale.quick ? 200 : 10_000;
  const warm = await openCrowd(server, scale.quick ? 50 : 500, () => []);
  closeCrowd(warm);
  await settle(scale);
  const before = server.resident();
  const rooms = (index: number) =>
    server.kind === "bare" ? [] : [`chat:${index % 100}`, `quote:${index % 100}`];
  const sessions = await openCrowd(server, clients, rooms);
  await settle(scale);
  const grown = server.resident() - before;
  closeCrowd(sessions);
  return { resident_kb_per_connection: grown / clients / 1_000 };
}

/** How many connections a CPU second accepts; Tidegate verifies a token of each. */
async function accept(server: ServerProcess, scale: Scale): Promise<Figures> {
  const clients = scale.quick ? 200 : 5_000;
  const warm = await openCrowd(server, scale.quick ? 50 : 500, () => []);
  closeCrowd(warm);
  await pause(500);
  const watch = new Stopwatch(server);
  const sessions = await openCrowd(server, clients, () => []);
  const { cpuSeconds, seconds, generatorBusy } = watch.read();
  closeCrowd(sessions);
  return {
    accepted_per_cpu_second: clients / cpuSeconds,
    accepted_per_second: clients / seconds,
    generator_busy: generatorBusy,
  };
}

const targets: ServerKind[] = ["tidegate", "json", "text", "stock", "bare"];

export const connectionScenarios: Scenario[] = [
  {
    name: "memory",
    title:
      "Resident memory of an idle connection: Tidegate with a token and two subscriptions, stock with two rooms",
    targets,
    redis: "also",
    headline: { figure: "resident_kb_per_connection", better: "less" },
    env: () => calm,
    run: memory,
  },
  {
    name: "accept",
    title: "Connections accepted a CPU second: Tidegate with a verified token, stock without",
    targets,
    redis: "also",
    headline: { figure: "accepted_per_cpu_second", better: "more" },
    env: () => calm,
    run: accept,
  },
];
