import { authOf, closeCrowd, openCrowd } from "../load/crowd.ts";
import { dialects } from "../load/dialect.ts";
import { Session } from "../load/session.ts";
import { stampedData } from "../load/stamps.ts";
import { pause } from "../process.ts";
import { type Figures, type Scale, type Scenario, Stopwatch } from "../scenario.ts";
import type { ServerProcess } from "../server-process.ts";

const room = "chat:dialects";
/** Messages a second: so few that each leaves in a turn of its own. What a turn holds would decide on its cost. */
const rate = 30;

/** One room, by turns with and without a member that speaks JSON. */
async function run(server: ServerProcess, { quick }: Scale): Promise<Figures> {
  const clients = quick ? 100 : 1_000;
  const seconds = quick ? 0.3 : 4;
  const sessions = await openCrowd(server, clients, () => [room]);
  const [publisher] = sessions;
  if (!publisher) return {};
  let received = 0;
  for (const session of sessions) session.onEvent = () => void received++;
  const spent = { alone: 0, joined: 0 };
  let generatorBusy = 0;
  // Both at once see what else the machine does.
  for (const isJoined of quick ? [false, true] : [false, true, true, false, false, true, true, false]) {
    const guest = isJoined
      ? await Session.open(server.port, dialects.json, authOf(server, "guest"))
      : undefined;
    await guest?.subscribe(room);
    await pause(200);
    received = 0;
    const watch = new Stopwatch(server);
    const total = Math.floor(rate * seconds);
    for (let sent = 0; sent < total; ) {
      const due = Math.min(total, Math.floor(watch.elapsed * rate) + 1);
      for (; sent < due; sent += 1) publisher.publish(room, stampedData(100));
      await pause(3);
    }
    const deadline = performance.now() + 5_000;
    while (received < total * clients && performance.now() < deadline) await pause(20);
    const { cpuSeconds, generatorBusy: busy } = watch.read();
    spent[isJoined ? "joined" : "alone"] += cpuSeconds / received;
    generatorBusy = Math.max(generatorBusy, busy);
    guest?.client.destroy();
  }
  closeCrowd(sessions);
  return {
    more_cpu_percent_with_one_json_member: (spent.joined / spent.alone - 1) * 100,
    generator_busy: generatorBusy,
  };
}

export const dialectScenario: Scenario = {
  name: "dialects",
  title: "What one member at /json adds to a room of 1,000 Socket.IO members, 30 messages a second",
  targets: ["tidegate"],
  headline: { figure: "more_cpu_percent_with_one_json_member", better: "less" },
  run,
};
