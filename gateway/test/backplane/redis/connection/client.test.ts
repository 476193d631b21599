import { describe, expect, it } from "vitest";
import {
  clusterSeeds,
  createClient,
  type RedisAddress,
} from "../../../../src/backplane/redis/connection/client.ts";

const optionsOf = (address: RedisAddress) => createClient(address, "name").options;

describe("the address of Redis", () => {
  it.each([
    ["redis://redis.example", { host: "redis.example", port: 6_379, db: 0 }],
    ["redis://10.0.0.1:7000/2", { host: "10.0.0.1", port: 7_000, db: 2 }],
    ["redis://[::1]:7000", { host: "::1", port: 7_000 }],
    ["redis://ann:p%40ss%3Aword@h", { username: "ann", password: "p@ss:word", host: "h" }],
    ["redis://:word@h", { password: "word", host: "h" }],
    ["rediss://h", { tls: {}, host: "h" }],
  ])("is read from %s", (url, expected) => {
    expect(optionsOf({ url })).toMatchObject(expected);
  });

  it("has no TLS and no user where none is named", () => {
    const { tls, username, password } = optionsOf({ url: "redis://h" });
    expect([tls, username, password]).toEqual([undefined, null, null]);
  });

  it("may be of Sentinels, with TLS to them too", () => {
    const tls = { ca: "an authority" };
    const options = optionsOf({
      url: "redis+sentinel://:word@a,b:7000/main/3",
      tls,
      sentinelPassword: "other",
    });
    expect(options).toMatchObject({
      sentinels: [
        { host: "a", port: 26_379 },
        { host: "b", port: 7_000 },
      ],
      name: "main",
      db: 3,
      password: "word",
      sentinelPassword: "other",
      tls,
      sentinelTLS: tls,
      failoverDetector: true,
    });
  });

  it("may name servers of a cluster", () => {
    const address = { url: "redis+cluster://ann:word@a:7000,b:7001" };
    expect(clusterSeeds(address)).toEqual(["a:7000", "b:7001"]);
    expect(createClient(address, "name", "c:7002").options).toMatchObject({
      host: "c",
      port: 7_002,
      username: "ann",
      password: "word",
    });
    expect(clusterSeeds({ url: "redis://h" })).toBeUndefined();
  });

  it("is given a user and a password beside the URL", () => {
    const options = optionsOf({ url: "redis://ann:word@h", username: "bob", password: "secret" });
    expect(options).toMatchObject({ username: "bob", password: "secret" });
  });

  it.each(["http://h", "redis:/h", "redis://", "h:6379"])("is not %s", (url) => {
    expect(() => optionsOf({ url })).toThrow(TypeError);
  });
});
