import { beforeEach, expect, it } from "vitest";
import type { RedisConnection } from "../../../../src/backplane/redis/connection/redis-connection.ts";
import { Keys } from "../../../../src/backplane/redis/keys.ts";
import {
  RedisPresence,
  type RedisPresenceOptions,
} from "../../../../src/backplane/redis/presence/presence.ts";
import { PresenceTelling } from "../../../../src/backplane/redis/presence/presence-telling.ts";
import { TagIndex } from "../../../../src/backplane/redis/tidings/tag-index.ts";
import { Telling } from "../../../../src/backplane/redis/tidings/telling.ts";
import { noTidings } from "../../../../src/backplane/tidings.ts";
import { Failure } from "../../../../src/errors.ts";
import { quiet } from "../../../contract/manners.ts";

const ann = { user: "ann", connection: "c1" };

/** What Redis was told last of ann's connection. */
let told: string | undefined;
/** Called for each call, before it is answered. */
let fate: () => Promise<void>;
let presence: RedisPresence;

const fail = () => Promise.reject(new Failure("unavailable"));
const succeed = () => Promise.resolve();

beforeEach(() => {
  told = undefined;
  fate = succeed;
  const run: RedisConnection["run"] = async (_script, _keys, [action]) => {
    await fate();
    if (action === "enter" || action === "leave") told = action;
  };
  const shards: RedisPresenceOptions["shards"] = {
    home: { redis: { ready: true, call: async () => 1 as never } },
    of: () => ({ redis: { ready: true, run }, reads: { run } }),
  };
  const keys = new Keys("tidegate:", "socket.io", false);
  const leases = { held: true, current: "lease", live: [], lapsed: [], allUnderstand: () => true };
  const index = new TagIndex(() => shards.home.redis as never, keys);
  const telling = new Telling(noTidings, { keys, index, share: () => 1 });
  presence = new RedisPresence({
    shards,
    keys,
    telling: new PresenceTelling(telling, { keys, leases }),
    replace() {},
    leases,
    sweeper: { sweepChannel: async () => false },
  });
});

it("who came back before Redis was told of their leaving stays", async () => {
  fate = fail;
  await expect(presence.enter("room", ann, quiet)).rejects.toThrow(Failure);
  await presence.leave("room", ann, quiet);
  fate = succeed;
  await presence.enter("room", ann, quiet);
  await presence.settle();
  expect(told).toBe("enter");
});

it("who came back while their leaving was under way, and failed, stays", async () => {
  await presence.enter("room", ann, quiet);
  const answer = Promise.withResolvers<void>();
  fate = () => answer.promise;
  const left = presence.leave("room", ann, quiet);
  fate = succeed;
  await presence.enter("room", ann, quiet);
  answer.reject(new Failure("unavailable"));
  await left;
  told = "leave";
  await presence.settle();
  expect(told).toBe("enter");
});

it("who left while Redis was away has left once it is back", async () => {
  await presence.enter("room", ann, quiet);
  fate = fail;
  await presence.leave("room", ann, quiet);
  await expect(presence.settle()).rejects.toThrow(Failure);
  fate = succeed;
  await presence.settle();
  expect(told).toBe("leave");
});
