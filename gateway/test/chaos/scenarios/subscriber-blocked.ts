import { RedisServer } from "../../support/redis-server.ts";
import { until } from "../../support/until.ts";
import type { Scenario } from "../scenario.ts";

/** Some of what a blocked node is sent beside its messages, until its output buffer in Redis is full. */
const ballast = "x".repeat(512 * 1024);

export const subscriberBlocked: Scenario<RedisServer> = {
  name: "subscriber-blocked",
  title: "a node that is blocked for 4 s, past its output buffer in Redis",
  scale: { times: 1, clients: 24 },
  open: () => RedisServer.start("--client-output-buffer-limit", "pubsub", "1mb", "512kb", "1"),
  tolerance: () => "nothing",
  keepsSockets: false,
  async strike(stage) {
    const { process, name } = stage.fleet.at(stage.dice.between(0, 2));
    process.signal("SIGSTOP");
    const begun = performance.now();
    await stage.place.ask(async (client) => {
      const isCut = async () => {
        await client.publish("socket.io#/#room:0#", ballast);
        return !String(await client.client("LIST")).includes(`name=tidegate:${name}:subscriber`);
      };
      await until(isCut, "the output buffer does not overflow");
    });
    await stage.pause(Math.max(0, 4_000 - Math.floor(performance.now() - begun)));
    process.signal("SIGCONT");
    return { resynchronised: await stage.resynchronised() };
  },
  goals: { resynchronised: 2_000 },
};
