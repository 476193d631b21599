import { Agent } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { io } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { signToken } from "../../bench/load/token.ts";
import { Fleet, type FleetOptions, peak } from "./fleet.ts";
import { apiKey, type Node, secret } from "./node.ts";

/** By hand `TIDEGATE_ROLLING=10000x90s` has it as large and slow as one likes. */
const [, many, seconds] = /^(\d+)x(\d+)s$/.exec(process.env.TIDEGATE_ROLLING ?? "") ?? [];
const figures: string[] = [];
/** How long the clients' own process had no time for them. */
const stalls = monitorEventLoopDelay({ resolution: 5 });
let limit: number;

let fleet: Fleet;

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: limit, interval: 20 });

/** All that is acknowledged has reached every client. */
async function settle(): Promise<void> {
  fleet.publishers.stop();
  await until(() => fleet.publishers.open === 0 && fleet.upToDate === fleet.travellers.length);
}

interface Restart {
  exit: number | string | null;
  connections: number;
  /** Handshakes that the guard refused before the restart. */
  refused: number;
  /** Most clients that came back within one second. */
  peak: number;
  /** Clients that had been refused when they came back. */
  again: number;
  /** Milliseconds by which clients came back later than they meant to, since the machine was busy; at most. */
  late: number;
  /** Milliseconds. */
  took: number;
}

async function restart(node: Node): Promise<Restart> {
  const connections = await node.connections();
  const refused = await node.refusedAsBusy();
  const began = performance.now();
  stalls.reset();
  const exit = await node.end("SIGTERM");
  const took = performance.now() - began;
  await until(() => fleet.online === fleet.travellers.length);
  const returns = fleet.returnsSince(began);
  const late = Math.max(0, ...returns.map(({ due, welcome }) => welcome - due)) + stalls.max / 1e6;
  const again = returns.filter((one) => one.refused).length;
  await node.start();
  await node.chosenBy(fleet.balancer.port);
  return { exit, connections, refused, again, took, late, peak: peak(returns.map(({ welcome }) => welcome)) };
}

/** Rolling restarts of three gateways behind a balancer, and the sudden end of one. @param usual unless told by hand */
export function describeRolling(usual: FleetOptions): void {
  const { kind } = usual;
  const clients = Number(many ?? usual.clients);
  const drainWindow = seconds === undefined ? usual.drainWindow : Number(seconds) * 1_000;
  const scale = { kind, clients, drainWindow };
  limit = 20 * drainWindow + 120_000;

  describe(`three gateways behind ${kind} with ${clients} clients`, { timeout: limit }, () => {
    beforeAll(async () => {
      stalls.enable();
      fleet = await Fleet.start(scale);
      await until(() => fleet.online === clients);
      fleet.publishers.start();
    }, limit);

    afterAll(async () => {
      stalls.disable();
      await fleet.stop();
      process.stderr.write(`${figures.splice(0).join("\n")}\n`);
    });

    it("a rolling restart loses nothing, fails no publication, and moves no client more than twice", () =>
      restartAll(scale));
    it("a gateway is told whose connection it is", tellsAddress);
    it("a gateway that is killed costs nothing either", () => killOne(scale));
  });
}

async function restartAll({ kind, drainWindow }: FleetOptions): Promise<void> {
  const restarts: Restart[] = [];
  for (const node of fleet.nodes) restarts.push(await restart(node));
  await settle();
  const moves = fleet.travellers.map(({ welcomes }) => welcomes.length - 1);
  const since = await Promise.all(fleet.nodes.map((node) => node.refusedAsBusy()));
  const refused = [...since, ...restarts.map((one) => one.refused)].reduce((sum, count) => sum + count);
  const { acknowledged, failures } = fleet.publishers;
  const told = restarts.map(
    ({ connections, peak: most, took, late, again }) =>
      `${connections} left in ${Math.round(took)} ms, peak ${most}/s, ${Math.round(late)} ms late at most, ` +
      `${again} refused before`,
  );
  figures.push(
    `${kind}: ${acknowledged} publications, ${fleet.total("received")} deliveries, moves ${tally(moves)}, ` +
      `${refused} refused by the guard; ${told.join("; ")}`,
  );

  expect(failures).toEqual([]);
  expect(acknowledged).toBeGreaterThan(200);
  expect({ lost: fleet.total("lost"), doubled: fleet.total("doubled") }).toEqual({ lost: 0, doubled: 0 });
  // The guard is as it is by default. On a machine that is too slow for it, a handshake that it refused may have gone
  // to a gateway that was still to be restarted; elsewhere there is none.
  expect(moves.filter((count) => count > 2).length).toBeLessThanOrEqual(refused);
  for (const { exit, connections, late, again, peak: most } of restarts) {
    expect(exit).toBe(0);
    // Who comes back within a second was sent away within the two before, at most half as fast again as planned. Where the
    // machine has no time for that, those of a longer while come back together, and those beside them who were refused.
    const planned = Math.ceil((1.5 * connections * (2_000 + late)) / drainWindow);
    expect(most).toBeLessThanOrEqual(planned + again);
  }
}

async function tellsAddress(): Promise<void> {
  const url = `http://127.0.0.1:${fleet.balancer.port}`;
  // The client's types are a browser's, which has no agents.
  const agent = new Agent({ localAddress: "127.0.0.2" }) as unknown as string;
  const auth = { token: signToken(secret, "wanderer") };
  const socket = io(url, { transports: ["websocket"], auth, agent });
  try {
    await new Promise((resolve) => socket.once("welcome", resolve));
    const api = `http://127.0.0.1:${fleet.balancer.apiPort}/v1/connections?user=wanderer`;
    const answer = await fetch(api, { headers: { authorization: `Bearer ${apiKey}` } });
    expect(await answer.json()).toMatchObject({ connections: [{ address: "127.0.0.2" }] });
  } finally {
    socket.disconnect();
  }
}

async function killOne({ kind, clients }: FleetOptions): Promise<void> {
  fleet.publishers.start();
  const [node] = fleet.nodes;
  if (!node) throw new Error("no gateway");
  const connections = await node.connections();
  const began = performance.now();
  expect(await node.end("SIGKILL")).toBe("SIGKILL");
  await until(() => fleet.returnsSince(began).length >= connections && fleet.online === clients);
  const took = performance.now() - began;
  await settle();
  figures.push(`${kind}: killed with ${connections}, all back in ${Math.round(took)} ms`);
  expect(connections).toBeGreaterThan(0);
  expect(fleet.returnsSince(began)).toHaveLength(connections);
  expect({ lost: fleet.total("lost"), doubled: fleet.total("doubled") }).toEqual({ lost: 0, doubled: 0 });
}

function tally(values: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([value, count]) => `${value}: ${count}`)
    .join(", ");
}
