import { describe, expect, it } from "vitest";
import type { Publication } from "../../src/channels/publish.ts";
import { Failure } from "../../src/errors.ts";
import { serve } from "./harness.ts";

const publish = (channel: string, data: unknown) => ({ publish: { channel, data } });

describe("a batch", () => {
  it("has each operation's result in order, and malformed ones stop no others", async () => {
    const { call, published } = await serve();
    const operations = [
      publish("chat:1", 1),
      { publish: { channel: "chat:1", data: 2, exlude: [] } },
      publish("nowhere", 3),
      { publish: { channels: ["chat:1", "nowhere"], data: 4 } },
      { subscribe: {} },
      7,
      publish("plain:1", 5),
    ];
    const { status, json } = await call("POST", "/v1/batch", { operations });
    const unknownChannel = new Failure("unknown_channel").body;
    const malformed = (place: RegExp) => ({
      error: { code: "bad_request", message: expect.stringMatching(place), retryable: false },
    });
    expect(status).toBe(200);
    expect(json).toEqual({
      results: [
        { channel: "chat:1", position: "e:1" },
        malformed(/^publish: unknown member "exlude"/),
        { channel: "nowhere", error: unknownChannel },
        {
          results: [
            { channel: "chat:1", position: "e:2" },
            { channel: "nowhere", error: unknownChannel },
          ],
        },
        malformed(/operation: unknown member "subscribe"/),
        malformed(/^operation: /),
        { channel: "plain:1" },
      ],
    });
    expect(published.map(({ data }) => data)).toEqual([1, 4, 5]);
  });

  it("has a list of results for a list of one channel", async () => {
    const { call } = await serve();
    const operations = [{ publish: { channels: ["plain:1"], data: 1 } }];
    const { json } = await call("POST", "/v1/batch", { operations });
    expect(json).toEqual({ results: [{ results: [{ channel: "plain:1" }] }] });
  });

  it("starts every publication in order, waiting for none of them", async () => {
    const started: Publication[] = [];
    const all = Promise.withResolvers<undefined>();
    const publisher = {
      publish: (publication: Publication) => {
        started.push(publication);
        if (started.length === 1_000) all.resolve(undefined);
        return all.promise;
      },
    };
    const { call } = await serve({ publisher });
    const operations = Array.from({ length: 1_000 }, (_, index) => publish(`chat:${index % 3}`, index));
    const { status, json } = await call("POST", "/v1/batch", { operations });
    expect(status).toBe(200);
    expect(json).toEqual({
      results: operations.map((operation) => ({ channel: operation.publish.channel })),
    });
    expect(started.map(({ data }) => data)).toEqual(operations.map((_, index) => index));
  });

  it("hides the cause of a failure that has no code", async () => {
    const { call } = await serve({ publisher: { publish: () => Promise.reject(new Error("planted")) } });
    const { json, text } = await call("POST", "/v1/batch", { operations: [publish("chat:1", 1)] });
    expect(json).toEqual({ results: [{ channel: "chat:1", error: new Failure("internal").body }] });
    expect(text).not.toContain("planted");
  });

  it.each([
    { operations: [] },
    { operations: Array(1_001).fill(publish("chat:1", 1)) },
    { operations: {} },
    { operations: [publish("chat:1", 1)], planted: 1 },
    {},
  ])("of another form is refused as a whole (%#)", async (body) => {
    const { call, published } = await serve();
    const { status, json } = await call("POST", "/v1/batch", body);
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { code: "bad_request" } });
    expect(published).toEqual([]);
  });

  it("of too many publications in all is refused before the first", async () => {
    const { call, published } = await serve();
    const channels = Array(1_000).fill("chat:1");
    const ten = Array(10).fill({ publish: { channels, data: 1 } });
    const { status, json } = await call("POST", "/v1/batch", { operations: [...ten, publish("chat:1", 1)] });
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { code: "bad_request", message: expect.stringContaining("10000") } });
    expect(published).toEqual([]);
    expect((await call("POST", "/v1/batch", { operations: ten })).status).toBe(200);
    expect(published).toHaveLength(10_000);
  });
});
