import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { closeCrowd, openCrowd } from "../load/crowd.ts";
import type { Session } from "../load/session.ts";
import { latencyOf, stampedData } from "../load/stamps.ts";
import { listening, pause } from "../process.ts";
import { type Figures, percentile, type Scale, type Scenario, Stopwatch } from "../scenario.ts";
import type { ServerProcess } from "../server-process.ts";

/** Known before the gateway starts, since it stands in the gateway's file. */
const port = 20_000 + (process.pid % 10_000);
const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

const rules = `channels:
  - {match: "asked:*", subscribe: hook}
  - {match: "hanging:*", subscribe: hook}
  - {match: "**", subscribe: user, publish: user, history: {size: 200, ttl: 10m}}
hooks:
  - {name: usual, url: "http://127.0.0.1:${port}/", ask: [subscribe], channels: "asked:*"}
  - {name: hanging, url: "http://127.0.0.1:${port}/hang", ask: [subscribe], channels: "hanging:*"}
`;

/** The gateway's file of a scenario whose backend is asked. */
function env(): Record<string, string> {
  const file = join(mkdtempSync(join(tmpdir(), "tidegate-bench-")), "hooks.yaml");
  writeFileSync(file, rules);
  return { TIDEGATE_CONFIG: file, TIDEGATE_HOOK_SECRET: secret };
}

async function withBackend(measure: () => Promise<Figures>): Promise<Figures> {
  const entry = fileURLToPath(new URL("../servers/backend.ts", import.meta.url));
  const backend = spawn(process.execPath, [entry], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, BENCH_PORT: String(port) },
  });
  try {
    await listening("the backend", backend, [port]);
    return await measure();
  } finally {
    const ended = once(backend, "exit");
    backend.kill("SIGKILL");
    await ended;
  }
}

/** Subscribes at a rate, each client in its turn. @returns milliseconds that the answers took, sorted */
async function subscribeAt(
  rate: number,
  seconds: number,
  sessions: readonly Session[],
  channels: string,
): Promise<number[]> {
  const took: number[] = [];
  const started = performance.now();
  const total = rate * seconds;
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * rate) + 1);
    for (; sent < due; sent += 1) {
      const began = performance.now();
      const channel = `${channels}:${sent % (sessions.length * 20)}`;
      void sessions[sent % sessions.length]
        ?.subscribe(channel)
        .then(() => took.push(performance.now() - began));
    }
    await pause(1);
  }
  await pause(500);
  return took.sort((one, other) => one - other);
}

function asking(server: ServerProcess, { quick }: Scale): Promise<Figures> {
  return withBackend(async () => {
    const sessions = await openCrowd(server, 200, () => []);
    await subscribeAt(quick ? 200 : 1_000, 1, sessions, "asked");
    const watch = new Stopwatch(server);
    const took = await subscribeAt(2_000, quick ? 0.5 : 5, sessions, "asked");
    const { cpuSeconds, generatorBusy } = watch.read();
    closeCrowd(sessions);
    return {
      answered: took.length,
      p50_ms: percentile(took, 0.5),
      p99_ms: percentile(took, 0.99),
      asks_per_cpu_second: took.length / cpuSeconds,
      generator_busy: generatorBusy,
    };
  });
}

const room = "chat:beside";

/** The 99th percentile of messages to 100 clients at 300 a second, while something else may happen. */
async function latencyBeside(
  sessions: readonly Session[],
  seconds: number,
  beside: () => void,
): Promise<number> {
  const latencies: number[] = [];
  for (const session of sessions) {
    session.onEvent = (chunk, start, end) => latencies.push(latencyOf(chunk, start, end));
  }
  for (let sent = 0; sent < seconds * 300; sent += 3) {
    for (let index = 0; index < 3; index += 1) sessions[0]?.publish(room, stampedData(100));
    beside();
    await pause(10);
  }
  await pause(200);
  return percentile(
    latencies.sort((one, other) => one - other),
    0.99,
  );
}

function hanging(server: ServerProcess, { quick }: Scale): Promise<Figures> {
  return withBackend(async () => {
    const seconds = quick ? 0.5 : 3;
    const sessions = await openCrowd(server, 100, () => [room]);
    const askers = await openCrowd(server, 200, () => []);
    await latencyBeside(sessions, seconds, () => {});
    const resident = server.resident();
    const pairs: [number, number][] = [];
    let asked = 0;
    let grown = 0;
    for (let round = 0; round < (quick ? 1 : 5); round += 1) {
      const before = await latencyBeside(sessions, seconds, () => {});
      const during = await latencyBeside(sessions, seconds, () => {
        for (let index = 0; index < 10; index += 1) {
          asked += 1;
          void askers[asked % askers.length]?.subscribe(`hanging:${asked % 2_000}`);
        }
      });
      grown = Math.max(grown, server.resident() - resident);
      pairs.push([before, during]);
    }
    closeCrowd([...sessions, ...askers]);
    const [before, during] = [0, 1].map((place) =>
      percentile(
        pairs.map((pair) => pair[place] ?? 0).sort((one, other) => one - other),
        0.5,
      ),
    );
    return {
      p99_before_ms: before ?? 0,
      p99_while_hanging_ms: during ?? 0,
      grown_mib: grown / 1_048_576,
    };
  });
}

export const askScenarios: Scenario[] = [
  {
    name: "ask",
    title: "A backend that answers in 5 ms is asked about 2,000 subscriptions a second",
    targets: ["tidegate"],
    headline: { figure: "p99_ms", better: "less" },
    env,
    run: asking,
  },
  {
    name: "ask-hanging",
    title: "Messages of other channels, while a backend hangs that is asked 1,000 times a second",
    targets: ["tidegate"],
    headline: { figure: "p99_while_hanging_ms", better: "less" },
    env,
    run: hanging,
  },
];
