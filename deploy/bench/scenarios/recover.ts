import { publishBatch } from "../load/api.ts";
import { authOf, closeCrowd, dialectOf, openCrowd } from "../load/crowd.ts";
import { openMany, Session } from "../load/session.ts";
import { type Figures, type Scale, type Scenario, Stopwatch } from "../scenario.ts";
import type { ServerProcess } from "../server-process.ts";

const missed = 100;
const rooms = 80;

/** All clients are lost at once, and each comes back for what it missed. */
async function run(server: ServerProcess, { quick }: Scale): Promise<Figures> {
  const clients = quick ? 200 : 8_000;
  const roomOf = (index: number) => `chat:${index % rooms}`;
  const before = await openCrowd(server, clients, () => []);
  const positions = new Map<string, string>();
  for (let room = 0; room < rooms; room += 1) {
    const reply = (await before[room % before.length]?.subscribe(roomOf(room))) ?? "";
    positions.set(roomOf(room), /"position":"([^"]+)"/.exec(reply)?.[1] ?? "");
  }
  for (const room of positions.keys()) await publishBatch(server, room, missed);
  closeCrowd(before);

  let lost = 0;
  const watch = new Stopwatch(server);
  const sessions = await openMany(clients, async (index) => {
    const session = await Session.open(server.port, dialectOf(server), authOf(server, `user-${index}`));
    const room = roomOf(index);
    const reply = await session.subscribe(room, positions.get(room));
    const recovered = reply.includes('"recovered":true') ? reply.split('{"channel":').length - 1 : 0;
    lost += missed - recovered;
    return session;
  });
  const { seconds, cpuSeconds, generatorBusy } = watch.read();
  closeCrowd(sessions);
  return { seconds, cpu_seconds: cpuSeconds, lost, generator_busy: generatorBusy };
}

export const recover: Scenario = {
  name: "recover",
  title: "8,000 clients come back at once, each for 100 missed messages",
  targets: ["tidegate", "json"],
  redis: "also",
  headline: { figure: "seconds", better: "less" },
  run,
};
