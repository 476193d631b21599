import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LogLevel } from "../../src/log.ts";
import { type LogLineId, logLines } from "../../src/log-lines/table.ts";
import { connect, type TestClient } from "../support/client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";

const rules = `channels:
  - match: "short:*"
    subscribe: user
    history: {size: 2, ttl: 30m}
  - match: "closed:*"
    subscribe: nobody
  - match: "plain:*"
    subscribe: user
`;

let gateway: Gateway;
let lines: Record<string, unknown>[] = [];
let ann: TestClient & { welcome: { connection: string } };

beforeAll(async () => {
  gateway = await startGateway({ rules, log: (line) => lines.push(JSON.parse(line)) });
});

beforeEach(async () => {
  ann = await connect(gateway, "ann");
  lines = [];
});

afterAll(() => gateway.stop());

/** The lines of an id that are about ann's connection. */
function linesOf(id: LogLineId): Record<string, unknown>[] {
  const { connection } = ann.welcome;
  return lines.filter((line) => line.msgId === id && line.connection === connection);
}

async function publish(channel: string, data: unknown): Promise<string> {
  const { body } = await gateway.call("POST", "/v1/publish", { channel, data });
  const [published] = body.results as { position: string }[];
  return String(published?.position);
}

describe("at the level debug the log has", () => {
  it("a request that is refused, by its event, channel and code", async () => {
    await ann.request("publish", { channel: "plain:1", data: 1, id: "planted" });
    await ann.request("history", { channel: "plain:1" });
    await ann.request("dance", { channel: { planted: true } });
    expect(linesOf("request_refused")).toMatchObject([
      { level: "debug", user: "ann", event: "publish", channel: "plain:1", code: expect.any(String) },
      { event: "history", channel: "plain:1", code: expect.any(String), cause: expect.any(String) },
      { event: "dance", code: "no_handler" },
    ]);
    expect(JSON.stringify(lines)).not.toContain("planted");
  });

  it("what each subscribe came to, and from which position", async () => {
    const channel = "short:1";
    const [first, second, , last] = [
      await publish(channel, 1),
      await publish(channel, 2),
      await publish(channel, 3),
      await publish(channel, 4),
    ];
    await ann.request("subscribe", { channel });
    await ann.request("subscribe", { channel, since: second });
    await ann.request("subscribe", { channel, since: first });
    await ann.request("subscribe", { channel, since: "another:1" });
    await ann.request("subscribe", { channel, since: "planted position" });
    expect(linesOf("subscribed")).toMatchObject([
      { level: "debug", user: "ann", channel, from: "top", top: last, messages: 0, more: false },
      { result: "recovered", from: second, top: last, messages: 2 },
      { result: "too_old", from: first, top: last, messages: 0 },
      { result: "reset", from: "another:1", top: last },
      { result: "reset", top: last },
    ]);
    expect(linesOf("subscribed")[0]).not.toHaveProperty("result");
    expect(JSON.stringify(lines)).not.toContain("planted");
  });

  it("a channel that a client is not subscribed to, alone and among others", async () => {
    await ann.request("subscribe", { channel: "closed:1" });
    await ann.request("subscribe", [{ channel: "plain:1" }, { channel: "closed:2" }, { channel: "none" }]);
    await ann.request("subscribe", { channel: "plain:2", token: "planted" });
    expect(linesOf("subscribe_refused")).toMatchObject([
      { level: "debug", user: "ann", channel: "closed:1", code: "forbidden" },
      { channel: "closed:2", code: "forbidden" },
      { channel: "none", code: "unknown_channel" },
      { channel: "plain:2", code: "unauthorized", cause: "the token is not a JWT" },
    ]);
    expect(linesOf("subscribed")).toMatchObject([{ channel: "plain:1" }]);
    expect(JSON.stringify(lines)).not.toContain("planted");
  });

  it("the end of a subscription, with the code where the client did not ask for it", async () => {
    await ann.request("subscribe", [{ channel: "plain:1" }, { channel: "plain:2" }]);
    await ann.request("unsubscribe", { channel: "plain:1" });
    await gateway.call("POST", "/v1/unsubscribe", { user: "ann", channel: "plain:2" });
    const [asked, ended] = linesOf("unsubscribed");
    expect(asked).toMatchObject({ level: "debug", user: "ann", channel: "plain:1" });
    expect(asked).not.toHaveProperty("code");
    expect(ended).toMatchObject({ channel: "plain:2", code: "disconnected" });
  });

  it("a command, and how many connections it touched", async () => {
    const second = await connect(gateway, "bob");
    await gateway.call("POST", "/v1/subscribe", { user: "bob", channel: "plain:1" });
    await gateway.call("POST", "/v1/disconnect", { connection: second.welcome.connection });
    await gateway.call("POST", "/v1/disconnect", { user: "nobody" });
    second.close();
    expect(lines.filter(({ msgId }) => msgId === "command_executed")).toMatchObject([
      { level: "debug", kind: "subscribe", user: "bob", channel: "plain:1", connections: 1 },
      { kind: "disconnect", connection: second.welcome.connection, connections: 1 },
      { kind: "disconnect", user: "nobody", connections: 0 },
    ]);
  });
});

it("at another level the log is not even given what it would drop", async () => {
  const written: LogLineId[] = [];
  const log = {
    write: (id: LogLineId) => void written.push(id),
    isLevelEnabled: (level: LogLevel) => level !== "debug",
  };
  const quiet = await startGateway({ rules, log });
  const bob = await connect(quiet, "bob");
  await bob.request("subscribe", [{ channel: "plain:1" }, { channel: "closed:1" }]);
  await bob.request("unsubscribe", { channel: "plain:1" });
  await bob.request("dance", {});
  await quiet.call("GET", "/v1/connections?user=bob");
  bob.close();
  await expect.poll(() => written).toContain("connection_closed");
  await quiet.stop();
  expect(written).toContain("api_request");
  expect(written.filter((id) => logLines[id].level === "debug")).toEqual([]);
});
