import { RedisCluster } from "../../backplane/redis/redis-cluster.ts";
import { rooms } from "../channels.ts";
import type { Scenario } from "../scenario.ts";
import type { Store } from "../store.ts";

/** A Redis Cluster, and the channels whose place in it has changed. */
class WatchedCluster implements Store {
  readonly cluster: RedisCluster;
  readonly moved = new Set<string>();

  constructor(cluster: RedisCluster) {
    this.cluster = cluster;
  }

  get url(): string {
    return this.cluster.url;
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }
}

const counterOf = (channel: string) => `tidegate:channel:{${channel}}:counter`;

export const clusterMove: Scenario<WatchedCluster> = {
  name: "cluster-move",
  title: "slots of a Redis Cluster move under load, and are half moved for a while",
  scale: { times: 2, clients: 24 },
  open: async () => new WatchedCluster(await RedisCluster.start()),
  tolerance: ({ moved }, channel) => (moved.has(channel) ? "alarm" : "nothing"),
  keepsSockets: true,
  async strike(stage) {
    const { place, dice } = stage;
    let resynchronised = 0;
    for (let time = 0; time < stage.scale.times; time += 1) {
      const channel = dice.pick(rooms);
      place.moved.add(channel);
      await place.cluster.move(counterOf(channel), () => stage.pause(0, 1_500));
      resynchronised = Math.max(resynchronised, await stage.resynchronised());
    }
    return { refused: stage.publishers.refusals.length, resynchronised };
  },
};

export const clusterLoss: Scenario<WatchedCluster> = {
  name: "cluster-loss",
  title: "a Redis Cluster loses a primary, and its replica takes over",
  scale: { times: 1, clients: 24 },
  open: async () => new WatchedCluster(await RedisCluster.start(1)),
  // A cluster that lacks slots refuses everything; what was stored elsewhere is not touched by that.
  tolerance: ({ moved }, channel) => (moved.has(channel) ? "alarm" : "nothing"),
  keepsSockets: true,
  async strike(stage) {
    const { place, publishers } = stage;
    const [owner] = await place.cluster.ownerOf(counterOf(stage.dice.pick(rooms)));
    const channels = new Set(
      stage.clients.flatMap((client) => [...client.followers()].map(({ channel }) => channel)),
    );
    for (const channel of channels) {
      const [its] = await place.cluster.ownerOf(counterOf(channel));
      if (its === owner) place.moved.add(channel);
    }
    await place.cluster.expectDeath();
    publishers.takeSilence();
    await owner.kill();
    await place.cluster.takenOver(owner);
    const resynchronised = await stage.resynchronised();
    const silence = publishers.takeSilence();
    await owner.start();
    await stage.pause(0, 2_000);
    return { silence, resynchronised: Math.max(resynchronised, await stage.resynchronised()) };
  },
};
