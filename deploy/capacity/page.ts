import { readFileSync } from "node:fs";
import {
  type BenchRun,
  type Costs,
  costsOf,
  isHearingThroughRedis,
  layoutCost,
  percentBeside,
} from "./costs.ts";
import { coresFor, type Load, type Plan, plan, type Sizing } from "./plan.ts";

const sizing: Sizing = { capacity: 10_000, share: 0.7, least: 3, base: 120e6 };

/** What the clients are assumed to do; the rate is a connection's. */
const uses: { title: string; rate: number; room: number }[] = [
  { title: "Chat: each connection sends a message in two minutes, to a room of 50", rate: 1 / 120, room: 50 },
  { title: "Busy chat: a message in 20 seconds, to a room of 100", rate: 1 / 20, room: 100 },
  { title: "A live hall: a message in 10 seconds, to a room of 500", rate: 1 / 10, room: 500 },
];
const steps = [10_000, 100_000, 1_000_000];

/** The page, from the committed run of the bench. */
export function capacityPage(): string {
  const run: BenchRun = JSON.parse(readFileSync(new URL("../bench/results.json", import.meta.url), "utf8"));
  const costs = costsOf(run);
  return `# Capacity

Made by \`npm run generate\` from [bench/results.json](bench/results.json): a run of ${run.date} on ${run.machine}. The load
generator and Redis shared the machine's cores.${run.note ? ` ${run.note}` : ""}

## What one of each costs

| | costs |
|---|--:|
| an idle connection, with a token and two subscriptions | ${(costs.connectionBytes / 1_000).toFixed(1)} KB of memory |
| accepting one | ${micro(costs.accept)} of a node's CPU |
| a delivery to one connection, in a room of 1,000 at 30 messages a second | ${micro(costs.delivery)} of a node's CPU |
| a publication through the API, one a request | ${micro(costs.publication)} of a node's CPU |
| a publication, stored and published | ${micro(costs.redisPublication)} of Redis' CPU |
| each node that hears it, which is each that has a member of its room | ${micro(costs.redisNode)} of Redis' CPU |
| the same node, before any delivery | ${micro(costs.hearing)} of its CPU |

All of it was measured through Redis${isHearingThroughRedis(run) ? "" : ", but for what a node takes to hear a publication, which is dearer through it"}.
The bench's \`rooms\` and \`mixed\`, which it is compared with, ran on a node without Redis, which is part of the difference.
Larger rooms are reckoned on the dear side, since clients' requests cost less than a backend's, and a busy node writes several
messages at once: ${checks(run, costs)}.

## What that comes to

A node is sized for ${count(sizing.capacity)} connections and for the one core of its event loop, and ${sizing.share * 100} % of either, or of the one core of a
Redis, is used on an ordinary day: the rest takes a node's loss, a rolling update and a peak. There are at least ${sizing.least}
nodes. The members of a room are spread over them at random. A node without connections takes ${sizing.base / 1e6} MB.

${uses.map((use) => section(use, costs)).join("\n\n")}

## What bounds each step

- **Places** bound a quiet fleet: ${count(sizing.capacity)} connections need ${mega(sizing.base + sizing.capacity * costs.connectionBytes)} at rest, and what is left of a pod's 768 MiB is for what slow
  readers have not taken (up to 1 MiB each), replies and the heap. \`TIDEGATE_CAPACITY\` may be raised where the memory limit is.
- **CPU** bounds a busy one: deliveries, and in a large fleet of middling rooms the hearing, since each member of a room may be on
  a node of its own. The rate of deliveries above is that of single messages; the busier a room, the more of them leave in one
  write, and the less each costs.
- **Redis** is one core whatever the machine. It is full, at ${sizing.share * 100} %, with ${count(full(costs, 1))} publications a second that one node hears
  each, ${count(full(costs, 10))} that ten hear, and ${count(full(costs, 50))} that fifty hear. Publications in batches cost it less.
- **Rooms elsewhere** cost a node nothing: it used ${others(run, 0)} % of a core with no other node, and ${others(run, 8)} % beside eight that published
  40,000 messages a second to rooms that it has no member of.
- **A room** is heard by as many nodes as have a member of it, so a large fleet pays Redis for each of its nodes in each
  large room, and small rooms stay cheap however many there are.

## When one Redis is not enough

A row with more than one shard needs Redis Cluster (\`redis+cluster://\`): a channel, its history and its pub/sub are in one slot, so
shards divide the channels among them and the figures add up; a single channel never gets more than one shard. Rows with one
shard are better off with one Redis and its replicas under Sentinel: fewer parts, and Socket.IO's emitters work there.

## Coming back

A node accepts ${count(1 / costs.accept)} connections in a second of CPU and lets in 300 a second (\`TIDEGATE_HANDSHAKE_RATE\`), which is
${Math.round(300 * costs.accept * 100)} % of its core. A fleet whose every client returns at once, each node holding ${count(sizing.capacity * sizing.share)}, has let them all in after
${Math.ceil((sizing.capacity * sizing.share) / 300)} s.
`;
}

/** Percent of a core that a node used beside so many others, whose rooms it is not in. */
function others(run: BenchRun, nodes: number): string {
  return percentBeside(run, nodes).toPrecision(2);
}

/** What the costs come to for rooms that the bench ran on one node, and what it measured. */
function checks(run: BenchRun, costs: Costs): string {
  const layouts = [
    { name: "rooms", members: 9 },
    { name: "mixed", members: 50 },
  ];
  const sentences = layouts.map(({ name, members }) => {
    const reckoned = coresFor({ connections: 1, rate: 1, room: members }, costs, 1);
    const measured = layoutCost(run, name, members);
    return `a message to a room of ${members} comes to ${micro(reckoned)} where the bench's \`${name}\` took ${micro(measured)}`;
  });
  return sentences.join(",\n");
}

function section({ title, ...use }: (typeof uses)[number], costs: Costs): string {
  const rows = steps.map((connections) => row({ connections, ...use }, costs));
  const head =
    "| connections | publications/s | deliveries/s | pods | bound by | cores in use | memory a pod | Redis cores | shards |";
  return [`**${title}.**`, "", head, "|--:|--:|--:|--:|---|--:|--:|--:|--:|", ...rows].join("\n");
}

function row(load: Load, costs: Costs): string {
  const found: Plan = plan(load, costs, sizing);
  const { publications, deliveries, pods, boundBy, cores, memory, redis, shards } = found;
  const traffic = [load.connections, publications, deliveries, pods].map(count);
  return `| ${[...traffic, boundBy, cores.toFixed(1), mega(memory), redis.toFixed(2), shards].join(" | ")} |`;
}

/** Publications a second that fill a Redis, each heard by so many nodes. */
function full({ redisPublication, redisNode }: Costs, nodes: number): number {
  return sizing.share / (redisPublication + nodes * redisNode);
}

/** To two digits, since no more of it would be true tomorrow. */
function count(value: number): string {
  const rounded = value < 100 || Number.isInteger(value) ? Math.round(value) : Number(value.toPrecision(2));
  return rounded.toLocaleString("en");
}

function micro(seconds: number): string {
  return `${Number((seconds * 1e6).toPrecision(2))} µs`;
}

function mega(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
