import type { requestPrices } from "../../../gateway/src/connection/prices.ts";
import { post, publishBatch, publishBody } from "../load/api.ts";
import { RawClient } from "../load/client.ts";
import { authOf, closeCrowd, dialectOf } from "../load/crowd.ts";
import { socketIoPath } from "../load/dialect.ts";
import { openMany, Session } from "../load/session.ts";
import { latencyOf } from "../load/stamps.ts";
import { signToken } from "../load/token.ts";
import { pause } from "../process.ts";
import { type Figures, percentile, type Scale, type Scenario, Stopwatch } from "../scenario.ts";
import type { ServerProcess } from "../server-process.ts";

/** Connections of the one hostile user, and frames a second of each: what its rate lets through, and a little more. */
const connections = 10;
const framesPerSecond = 110;
const tick = 50;

const crowd = "crowd:1";
const large = `[${new Array(20_000).fill("[]").join(",")}]`;
const request = (event: string, payload: string) => (id: number) => `42${id}["${event}",${payload}]`;
/** A channel that nobody has asked for before. */
const unheard = (id: number, connection: number) => `"crowd:${connection}-${id}-${performance.now()}"`;

/** The dearest form of a request: the frame by its number and its connection's. */
type Form = (id: number, connection: number) => string;

/** Of each request of the price list: one that is added there does not compile until it is here. */
const requests: Record<keyof typeof requestPrices, Form> = {
  subscribe: request("subscribe", `{"channel":"${crowd}","since":"start"}`),
  unsubscribe: (id, connection) =>
    id % 2 === 0
      ? `42${id}["subscribe",{"channel":${unheard(id, connection)}}]`
      : `42${id}["unsubscribe",{"channel":"${crowd}"}]`,
  publish: request("publish", `{"channel":"noise:1","data":${large}}`),
  history: request("history", `{"channel":"${crowd}","limit":1000}`),
  presence: request("presence", `{"channel":"${crowd}","limit":1000}`),
  refresh: request("refresh", `{"token":"${"x".repeat(8_000)}"}`),
  away: (id) => `42${id}["${id % 2 === 0 ? "away" : "back"}",{}]`,
  back: (id) => `42${id}["${id % 2 === 0 ? "back" : "away"}",{}]`,
  ping: request("ping", "{}"),
  other: request("nobody-knows-this", large),
};

/** Frames that are no requests. */
const others: Record<string, Form> = { pong: () => "3", acknowledgement: (id) => `43${id}[${large}]` };

/** What a backend, a subscriber and newcomers notice, each second of an attack. */
interface Witness {
  sent: number;
  received: number;
  latencies: number[];
  logins: number;
  accepted: number;
}

function addressed(address: string): Record<string, string> {
  return { "X-Forwarded-For": address };
}

/** @returns whether it was welcomed */
async function logIn(server: ServerProcess, user: string, address: string): Promise<RawClient | undefined> {
  try {
    const client = await RawClient.open(server.port, socketIoPath, addressed(address));
    const token = signToken(server.secret, user);
    const welcomed = new Promise<boolean>((resolve) => {
      client.onClose = () => resolve(false);
      client.onMessage = (chunk, start, end) => {
        if (chunk.toString("latin1", start, Math.min(end, start + 12)) === '42["welcome"') resolve(true);
      };
    });
    client.send(`40{"token":"${token}"}`);
    return (await welcomed) ? client : undefined;
  } catch {
    return undefined;
  }
}

/** 20 publications and ten logins a second, until it is stopped. @returns what came of them, once all is answered */
function testify(server: ServerProcess, seen: Witness): () => Promise<void> {
  const underWay: Promise<unknown>[] = [];
  const publishing = setInterval(() => {
    seen.sent += 1;
    underWay.push(post(server, "/v1/publish", publishBody("witness:1")).catch(() => {}));
  }, 50);
  const comeIn = async (): Promise<void> => {
    seen.logins += 1;
    const client = await logIn(server, `honest-${seen.logins}`, `203.0.113.${seen.logins % 200}`);
    if (client) seen.accepted += 1;
    client?.destroy();
  };
  const newcomers = setInterval(() => underWay.push(comeIn()), 100);
  return async () => {
    clearInterval(publishing);
    clearInterval(newcomers);
    await Promise.all(underWay);
    for (let wait = 0; seen.received < seen.sent && wait < 100; wait += 1) await pause(20);
  };
}

interface Attack {
  seconds: number;
  clients: RawClient[];
  /** Bytes that it was sent. */
  received: number;
}

/** Sends as fast as a connection may, over all of them. */
async function attack(form: Form, { clients, seconds }: Attack): Promise<void> {
  const end = performance.now() + seconds * 1_000;
  const frames = Math.ceil((framesPerSecond * tick) / 1_000);
  for (let id = 0; performance.now() < end; id += frames) {
    for (const [connection, client] of clients.entries()) {
      client.sendAll(Array.from({ length: frames }, (_, index) => form(id + index, connection)));
    }
    await pause(tick);
  }
}

async function openAttack(server: ServerProcess, seconds: number, user: string): Promise<Attack> {
  const made: Attack = { seconds, clients: [], received: 0 };
  for (let count = 0; count < connections; count += 1) {
    const client = await logIn(server, user, "198.51.100.1");
    if (!client) continue;
    client.send(`42["subscribe",{"channel":"${crowd}"}]`);
    client.onMessage = (_chunk, start, end) => {
      made.received += end - start;
    };
    made.clients.push(client);
  }
  await pause(200);
  return made;
}

/** Shares of a core, and megabytes. */
interface Cost {
  node: number;
  redis: number;
  out: number;
  kept: number;
}

async function measure(
  server: ServerProcess,
  { quick, redis }: Scale,
  name: string,
  form: Form,
): Promise<Cost> {
  const made = await openAttack(server, quick ? 0.5 : 5, `mallory-${name}`);
  const [resident, redisBefore] = [server.resident(), redis?.cpu() ?? 0];
  const idle = new Stopwatch(server);
  made.received = 0;
  await attack(form, made);
  const { cpuSeconds, seconds } = idle.read();
  const cost = {
    node: cpuSeconds / seconds,
    redis: ((redis?.cpu() ?? 0) - redisBefore) / seconds,
    out: made.received / seconds / 1e6,
    kept: Math.max(0, server.resident() - resident) / 1e6,
  };
  closeAll(made.clients);
  await pause(quick ? 100 : 2_000);
  return cost;
}

function closeAll(clients: readonly RawClient[]): void {
  for (const client of clients) client.destroy();
}

/** What the node and Redis do when nobody attacks. */
async function measureCalm(
  server: ServerProcess,
  { quick, redis }: Scale,
): Promise<Pick<Cost, "node" | "redis">> {
  const before = redis?.cpu() ?? 0;
  const watch = new Stopwatch(server);
  await pause(quick ? 500 : 5_000);
  const { cpuSeconds, seconds } = watch.read();
  return { node: cpuSeconds / seconds, redis: ((redis?.cpu() ?? 0) - before) / seconds };
}

async function openMember(server: ServerProcess, user: string): Promise<Session> {
  const session = await Session.open(server.port, dialectOf(server), authOf(server, user));
  await session.subscribe(crowd);
  return session;
}

/** For each request that there is: what one user with ten connections can make of it. */
async function run(server: ServerProcess, scale: Scale): Promise<Figures> {
  const members: Session[] = [];
  // A node takes 300 handshakes a second.
  for (let group = 0; group < (scale.quick ? 1 : 50); group += 1) {
    members.push(...(await openMany(20, (index) => openMember(server, `member-${group}-${index}`))));
    await pause(100);
  }
  await publishBatch(server, crowd, 200);
  const seen: Witness = { sent: 0, received: 0, latencies: [], logins: 0, accepted: 0 };
  const subscriber = await logIn(server, "witness", "203.0.113.250");
  subscriber?.send('42["subscribe",{"channel":"witness:1"}]');
  if (subscriber) {
    subscriber.onMessage = (chunk, start, end) => {
      if (chunk.toString("latin1", start, Math.min(end, start + 12)) !== '42["message"') return;
      seen.received += 1;
      seen.latencies.push(latencyOf(chunk, start, end));
    };
  }
  const stop = testify(server, seen);
  await pause(300);
  const calm = await measureCalm(server, scale);
  const costs: [name: string, Cost][] = [];
  for (const [name, form] of Object.entries({ ...requests, ...others })) {
    costs.push([name, await measure(server, scale, name, form)]);
  }
  await stop();
  subscriber?.destroy();
  closeCrowd(members);
  return figuresOf(costs, calm, seen);
}

function figuresOf(
  costs: readonly [name: string, Cost][],
  calm: Pick<Cost, "node" | "redis">,
  seen: Witness,
): Figures {
  const worst = (of: (cost: Cost) => number) => Math.max(...costs.map(([, cost]) => of(cost)));
  const latencies = seen.latencies.sort((one, other) => one - other);
  const figures: Figures = {
    worst_node_share: worst(({ node }) => node) - calm.node,
    worst_redis_share: worst(({ redis }) => redis) - calm.redis,
    worst_out_mb_per_second: worst(({ out }) => out),
    worst_kept_mb: worst(({ kept }) => kept),
    witness_p99_ms: percentile(latencies, 0.99),
    witness_lost: seen.sent - seen.received,
    logins_accepted_share: seen.accepted / Math.max(1, seen.logins),
  };
  for (const [name, { node, redis, out }] of costs) {
    figures[`${name}_node_share`] = node - calm.node;
    figures[`${name}_redis_share`] = redis - calm.redis;
    figures[`${name}_out_mb_per_second`] = out;
  }
  return figures;
}

export const hostile: Scenario = {
  name: "hostile",
  title: "One user with ten connections does the worst with each request, beside a healthy witness",
  targets: ["tidegate"],
  redis: "also",
  headline: { figure: "worst_node_share", better: "less" },
  env: () => ({
    TIDEGATE_TRUSTED_PROXIES: "loopback",
    TIDEGATE_HANDSHAKE_RATE: "300",
    TIDEGATE_REQUEST_RATE: "100",
    TIDEGATE_REQUEST_BURST: "200",
  }),
  run,
};
