import { setTimeout as sleep } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import { expect, it, onTestFinished } from "vitest";
import { logged, spawnGateway } from "../../../gateway/test/support/process.ts";
import { Prometheus } from "./prometheus.ts";

const clients = 12;
/** Seconds. */
const drainWindow = 6;
/** Longer than a drain has for everybody. */
const freeze = (drainWindow + 6) * 1_000;

async function connect(url: string): Promise<Socket> {
  const socket = io(url, { transports: ["websocket"], forceNew: true, reconnection: false });
  onTestFinished(() => void socket.disconnect());
  await new Promise((resolve) => socket.once("welcome", resolve));
  return socket;
}

/** A drain that is frozen until its time is over. @returns how many it cut, and the Prometheus that scraped it */
async function drainFrozen(): Promise<{ cut: number; prometheus: Prometheus }> {
  const gateway = await spawnGateway({
    TIDEGATE_ANONYMOUS: "true",
    TIDEGATE_DRAIN_WINDOW: `${drainWindow}s`,
  });
  onTestFinished(() => gateway.process.stop());
  await Promise.all(Array.from({ length: clients }, () => connect(gateway.url)));
  const scrape = { job: "tidegate", address: new URL(gateway.api).host, labels: { pod: "frozen" } };
  const prometheus = await Prometheus.start([scrape], 15);
  onTestFinished(() => prometheus.stop());

  gateway.process.signal("SIGTERM");
  await gateway.process.until(() => logged(gateway.process, "node_draining") !== undefined);
  gateway.process.signal("SIGSTOP");
  await sleep(freeze);
  gateway.process.signal("SIGCONT");
  const exit = await gateway.process.exit;
  const { left } = logged(gateway.process, "node_stopped") as { left: number };
  expect(exit).toBe(left > 0 ? 1 : 0);
  return { cut: left, prometheus };
}

it("a Prometheus that comes every 15 s hears of those whom a drain cut, and says so", async () => {
  let found = await drainFrozen();
  // On a machine that is busy the freeze may come when most have left.
  for (let again = 0; found.cut === 0 && again < 3; again += 1) found = await drainFrozen();
  const { cut, prometheus } = found;
  expect(cut).toBeGreaterThan(0);
  expect(await prometheus.values("max_over_time(tidegate_drain_forced_total[5m])")).toEqual([cut]);
  const firing = 'ALERTS{alertname="TidegateDrainForced",alertstate="firing",pod="frozen"}';
  expect(await prometheus.hasData(firing, 40_000)).toBe(true);
}, 300_000);
