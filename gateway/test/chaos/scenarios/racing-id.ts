import { RedisServer } from "../../support/redis-server.ts";
import { call } from "../api.ts";
import { rooms } from "../channels.ts";
import { apiKey } from "../keys.ts";
import type { Scenario } from "../scenario.ts";

export const racingId: Scenario<RedisServer> = {
  name: "racing-id",
  title: "publications with one id race on all nodes, of which one becomes a message",
  scale: { times: 1_000, clients: 24 },
  open: () => RedisServer.start(),
  tolerance: () => "nothing",
  keepsSockets: true,
  async strike(stage) {
    const apis = stage.fleet.apis();
    const channel = stage.dice.pick(rooms);
    const body = { channel, id: "the-one", data: "once" };
    const answers = await Promise.all(
      Array.from({ length: stage.scale.times }, (_, index) =>
        call(apis[index % apis.length] ?? "", apiKey, "POST", "/v1/publish", body),
      ),
    );
    const messages = new Set(answers.map((answer) => JSON.stringify(answer)));
    if (messages.size !== 1) throw new Error(`One id became ${[...messages].join(" and ")}.`);
    return { publications: answers.length, messages: messages.size };
  },
  goals: { messages: 1 },
};
