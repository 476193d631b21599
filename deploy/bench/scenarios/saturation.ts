import { closeCrowd, openCrowd } from "../load/crowd.ts";
import { stampedData } from "../load/stamps.ts";
import { pause } from "../process.ts";
import { type Figures, type Scale, type Scenario, Stopwatch } from "../scenario.ts";
import type { ServerProcess } from "../server-process.ts";

const room = "chat:saturation";
/** Messages that the publisher has under way. */
const window = 512;

/** One room, messages as fast as they go: the publisher sends the next when its own come back. */
async function run(server: ServerProcess, { quick }: Scale): Promise<Figures> {
  const clients = quick ? 100 : 1_000;
  const seconds = quick ? 0.5 : 5;
  const sessions = await openCrowd(server, clients, () => [room]);
  const [publisher] = sessions;
  if (!publisher) return {};
  let received = 0;
  let stopped = false;
  for (const session of sessions) session.onEvent = () => void received++;
  let owed = 0;
  publisher.onEvent = () => {
    received += 1;
    owed += 1;
    if (owed < 64 || stopped) return;
    publisher.publishAll(room, burst(owed));
    owed = 0;
  };
  await pause(500);
  const watch = new Stopwatch(server);
  publisher.publishAll(room, burst(window));
  await pause(seconds * 1_000);
  const { cpuSeconds, seconds: elapsed, generatorBusy } = watch.read();
  const deliveries = received;
  stopped = true;
  closeCrowd(sessions);
  return {
    deliveries_per_cpu_second: deliveries / cpuSeconds,
    deliveries_per_second: deliveries / elapsed,
    generator_busy: generatorBusy,
  };
}

function burst(count: number): string[] {
  return new Array(count).fill(stampedData(100));
}

export const saturation: Scenario = {
  name: "saturation",
  title: "One room of 1,000, 100-byte messages as fast as they go",
  targets: ["tidegate", "json", "text", "stock"],
  redis: "also",
  headline: { figure: "deliveries_per_cpu_second", better: "more" },
  run,
};
