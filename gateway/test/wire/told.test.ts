import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connect } from "../support/client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { HookStandIn, hookSecret } from "../support/hook.ts";

interface Event {
  id: string;
  type: string;
  key: string;
  order: string;
  [member: string]: unknown;
}

const patience = { timeout: 15_000, interval: 20 };
let hook: HookStandIn;
let gateway: Gateway;

beforeEach(async () => {
  hook = await HookStandIn.start();
  gateway = await startGateway({
    env: { TIDEGATE_HOOK_SECRET: hookSecret },
    rules: `
channels:
  - {match: "room:*", subscribe: user, publish: user, presence: {read: user, linger: 0s}, history: {size: 10, ttl: 1m}}
hooks:
  - name: crm
    url: ${hook.url}
    tell: [connected, disconnected, online, offline, away, back, occupied, vacated, published, unseen]
settle: 200ms
limits: {connectionsPerUser: 2}
`,
  });
});

afterEach(async () => {
  await gateway.stop();
  await hook.stop();
});

const events = () => hook.requests.flatMap(({ body }) => body.events as Event[]);
const typesOf = (key: string) =>
  events()
    .filter((event) => event.key === key)
    .map(({ type }) => type);

it("tells a backend what becomes of a client, signed and in order", async () => {
  const ann = await connect(gateway, "ann");
  await ann.request("subscribe", { channel: "room:1" });
  await ann.request("publish", { channel: "room:1", data: "hi" });
  await gateway.call("POST", "/v1/publish", { channel: "user:bob", data: "missed" });
  await ann.request("away", {});
  await vi.waitFor(() => expect(typesOf("ann")).toEqual(["online", "away"]), patience);
  await ann.request("back", {});
  await vi.waitFor(() => expect(typesOf("ann")).toEqual(["online", "away", "back"]), patience);
  ann.close();
  await vi.waitFor(() => expect(typesOf("ann").at(-1)).toBe("offline"), patience);
  await vi.waitFor(() => expect(typesOf("room:1")).toEqual(["occupied", "published", "vacated"]), patience);
  expect(typesOf(ann.welcome.connection)).toEqual(["connected", "disconnected"]);
  expect(typesOf("bob")).toEqual(["unseen"]);
  const ended = events().find(({ type }) => type === "disconnected");
  expect(ended).toMatchObject({ user: "ann", code: expect.stringMatching(/_/), address: expect.any(String) });
  const offline = events().find(({ type }) => type === "offline");
  expect(Math.abs(Number(offline?.heard) - Date.now())).toBeLessThan(60_000);
  const published = events().find(({ type }) => type === "published");
  expect(published?.message).toMatchObject({ channel: "room:1", data: "hi", user: "ann" });
  expect(hook.unverified).toEqual([]);
  expect(new Set(events().map(({ id }) => id)).size).toBe(events().length);
  expect(await gateway.metric("tidegate_hook_events_total", 'hook="crm"')).toBe(events().length);
});

it("ends the oldest connection of a user who has too many", async () => {
  const [first] = [await connect(gateway, "ann"), await connect(gateway, "ann")];
  await connect(gateway, "ann");
  expect(await first?.next("goodbye")).toMatchObject({ code: "replaced", reconnect: false });
  await vi.waitFor(
    () => expect(typesOf(first?.welcome.connection ?? "")).toEqual(["connected", "disconnected"]),
    patience,
  );
  expect(events().find(({ type }) => type === "disconnected")).toMatchObject({ code: "replaced" });
});
