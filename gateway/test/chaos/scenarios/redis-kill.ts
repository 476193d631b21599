import { RedisServer } from "../../support/redis-server.ts";
import { slowestRefusal } from "../publisher.ts";
import type { Figures, Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** Another replication id may mean another server: what was kept need not be believed. */
const common = {
  scale: { times: 1, clients: 24 },
  tolerance: () => "alarm" as const,
  keepsSockets: true,
  strike: killAndStart,
  goals: { refused_within: 1_000, resynchronised: 5_000 },
};

export const redisKill: Scenario<RedisServer> = {
  ...common,
  name: "redis-kill",
  title: "SIGKILL of Redis, which comes back with all that it had acknowledged",
  open: () => RedisServer.start("--appendonly", "yes", "--appendfsync", "always"),
};

export const redisLoss: Scenario<RedisServer> = {
  ...common,
  name: "redis-loss",
  title: "SIGKILL of Redis, which comes back with nothing",
  open: () => RedisServer.start(),
};

async function killAndStart(stage: Stage<RedisServer>): Promise<Figures> {
  const begun = performance.now();
  await stage.place.kill();
  await stage.pause(0, 4_000);
  await stage.place.start();
  const healed = performance.now();
  const resynchronised = await stage.resynchronised();
  return { resynchronised, refused_within: slowestRefusal(stage.publishers, begun, healed) };
}
