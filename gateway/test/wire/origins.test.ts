import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { exchange, RawSocket, upgradeRequest } from "../support/raw-socket.ts";

let gateway: Gateway;
let lines: Record<string, unknown>[];

beforeAll(async () => {
  const production = { NODE_ENV: "production", TIDEGATE_REDIS_URL: "memory" };
  gateway = await startGateway({ env: production, log: (line) => lines.push(JSON.parse(line)) });
});

beforeEach(() => {
  lines = [];
});

afterAll(() => gateway.stop());

it.each([
  ["React Native", "http://{host}"],
  ["Swift", "ws://{host}"],
  ["Python", "http://{host}"],
  ["go.socket.io", "http://{host}/socket.io/?EIO=4&transport=websocket"],
  ["a mini-game on iOS", "weapp://wechat-game-runtime"],
])("in production without a list of origins %s gets in: %s", async (_client, origin) => {
  const host = `127.0.0.1:${gateway.port}`;
  const headers = { Host: host, Origin: origin.replace("{host}", host) };
  const socket = await RawSocket.open(gateway.port, { headers });
  expect(await socket.next("0{")).toContain('"sid"');
  socket.destroy();
});

it("a page of another site does not, and the log says why", async () => {
  const refusals = () => gateway.metric("tidegate_refusals_total", 'code="forbidden"');
  const before = await refusals();
  const foreign = `http://127.0.0.1:${gateway.port}.evil.test`;
  const headers = { Host: `127.0.0.1:${gateway.port}`, Origin: foreign, "User-Agent": "Browser/1.0" };
  const answer = await exchange(gateway.port, upgradeRequest({ headers }));
  expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  expect((await refusals()) - before).toBe(1);
  expect(lines.filter(({ msgId }) => msgId === "public_request_refused")).toEqual([
    expect.objectContaining({
      level: "info",
      code: "forbidden",
      cause: "Pages of this origin may not connect.",
      origin: foreign,
      agent: "Browser/1.0",
      address: "127.0.0.1",
    }),
  ]);
});
