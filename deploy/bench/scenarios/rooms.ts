import { closeCrowd, openCrowd } from "../load/crowd.ts";
import { latencyOf, stampedData } from "../load/stamps.ts";
import { pause } from "../process.ts";
import { type Figures, percentile, type Scale, type Scenario, Stopwatch } from "../scenario.ts";
import type { ServerProcess } from "../server-process.ts";

interface Layout {
  rooms: number;
  members: number;
  /** Messages a second that each member sends to its room. */
  rate: number;
}

/** Many rooms, each with its members, who all talk. */
async function run(
  { rooms, members, rate }: Layout,
  server: ServerProcess,
  { quick }: Scale,
): Promise<Figures> {
  const roomCount = quick ? rooms / 10 : rooms;
  const seconds = quick ? 0.5 : 5;
  const clients = roomCount * members;
  const roomOf = (index: number) => `chat:${index % roomCount}`;
  const sessions = await openCrowd(server, clients, (index) => [roomOf(index)]);
  let received = 0;
  const latencies: number[] = [];
  for (const session of sessions) {
    session.onEvent = (chunk, start, end) => {
      received += 1;
      if (received % 100 === 0) latencies.push(latencyOf(chunk, start, end));
    };
  }
  await pause(500);
  const watch = new Stopwatch(server);
  const total = Math.floor(clients * rate * seconds);
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(watch.elapsed * clients * rate) + 1);
    for (; sent < due; sent += 1) {
      const speaker = (sent * 7_919) % clients;
      sessions[speaker]?.publish(roomOf(speaker), stampedData(100));
    }
    await pause(5);
  }
  const deadline = performance.now() + Math.max(seconds, 1) * 1_000;
  while (received < total * members && performance.now() < deadline) await pause(20);
  const { cpuSeconds, generatorBusy } = watch.read();
  closeCrowd(sessions);
  latencies.sort((a, b) => a - b);
  return {
    deliveries_per_cpu_second: received / cpuSeconds,
    delivered_share: received / (total * members),
    p50_ms: percentile(latencies, 0.5),
    p99_ms: percentile(latencies, 0.99),
    generator_busy: generatorBusy,
  };
}

export const roomScenarios: Scenario[] = [
  {
    name: "rooms",
    title: "1,000 rooms of 9, a message every two seconds from each member",
    targets: ["tidegate", "json", "text", "stock"],
    headline: { figure: "deliveries_per_cpu_second", better: "more" },
    run: (server, scale) => run({ rooms: 1_000, members: 9, rate: 0.5 }, server, scale),
  },
  {
    name: "mixed",
    title: "Chat: 100 rooms of 50, a message a second from each member",
    targets: ["tidegate", "json", "text", "stock"],
    headline: { figure: "deliveries_per_cpu_second", better: "more" },
    run: (server, scale) => run({ rooms: 100, members: 50, rate: 1 }, server, scale),
  },
];
