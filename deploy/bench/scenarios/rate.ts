import { closeCrowd, openCrowd } from "../load/crowd.ts";
import { latencyOf, stampedData } from "../load/stamps.ts";
import { pause } from "../process.ts";
import { type Figures, percentile, type Scale, type Scenario, Stopwatch } from "../scenario.ts";
import type { ServerProcess } from "../server-process.ts";

const room = "chat:rate";
/** Every so many clients one tells the latencies. */
const sampling = 20;

async function runAt(rate: number, server: ServerProcess, { quick }: Scale): Promise<Figures> {
  const clients = quick ? 100 : 1_000;
  const seconds = quick ? 0.5 : 4;
  const sessions = await openCrowd(server, clients, () => [room]);
  const publisher = sessions[0];
  if (!publisher) return {};
  let received = 0;
  const latencies: number[] = [];
  for (const [index, session] of sessions.entries()) {
    const sampled = index % sampling === 0;
    session.onEvent = (chunk, start, end) => {
      received += 1;
      if (sampled) latencies.push(latencyOf(chunk, start, end));
    };
  }
  await pause(500);
  const watch = new Stopwatch(server);
  const sent = await publishAt(rate, seconds, () => publisher.publish(room, stampedData(100)));
  await arrivals(() => received >= sent * clients, Math.max(seconds, 1) * 1_000);
  const { cpuSeconds, generatorBusy } = watch.read();
  closeCrowd(sessions);
  latencies.sort((a, b) => a - b);
  return {
    deliveries_per_cpu_second: received / cpuSeconds,
    delivered_share: received / (sent * clients),
    p50_ms: percentile(latencies, 0.5),
    p99_ms: percentile(latencies, 0.99),
    p999_ms: percentile(latencies, 0.999),
    generator_busy: generatorBusy,
  };
}

/** @returns how many were published; a late timer catches up, so the rate is kept */
async function publishAt(rate: number, seconds: number, publish: () => void): Promise<number> {
  const started = performance.now();
  const total = rate * seconds;
  let sent = 0;
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * rate) + 1);
    for (; sent < due; sent += 1) publish();
    await pause(Math.max(0, started + (sent / rate) * 1_000 - performance.now()));
  }
  return sent;
}

/** Waits for what is under way, as long as the publishing took, and a second at least. */
async function arrivals(complete: () => boolean, limit: number): Promise<void> {
  const deadline = performance.now() + limit;
  while (!complete() && performance.now() < deadline) await pause(20);
}

const rates = [30, 300, 1_000];

export const rateScenarios: Scenario[] = rates.map((rate) => ({
  name: `rate-${rate}`,
  title: `One room of 1,000, ${rate} messages a second`,
  targets: ["tidegate", "json", "text", "stock"],
  redis: "also",
  headline:
    rate === 300
      ? { figure: "p99_ms", better: "less" }
      : { figure: "deliveries_per_cpu_second", better: "more" },
  run: (server, scale) => runAt(rate, server, scale),
}));
