import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BrowserOptions, bundleClient, openPage, type Page } from "../../support/browser-like.ts";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { Recorder, until } from "./recorder.ts";

const origin = "https://app.example";

let gateway: Gateway;
let bundle: string;
const clients: Recorder[] = [];

function start(page: Page, auth: BrowserOptions["auth"]): Recorder {
  const delays = { reconnectionDelay: 10, reconnectionDelayMax: 20 };
  const client = new Recorder(page.io(gateway.url, { transports: ["websocket"], auth, ...delays }));
  clients.push(client);
  return client;
}

async function connect(user: string): Promise<Recorder & { page: Page }> {
  const page = openPage(bundle, origin);
  const client = start(page, { token: await gateway.token(user) });
  await client.welcome();
  return Object.assign(client, { page });
}

beforeAll(async () => {
  bundle = await bundleClient();
  gateway = await startGateway({ env: { TIDEGATE_ALLOWED_ORIGINS: origin } });
});

afterEach(() => {
  for (const client of clients.splice(0)) client.socket.disconnect();
});

afterAll(() => gateway.stop());

describe("the official client, bundled, in a page", () => {
  it("finds nothing of Node, connects and is welcomed", async () => {
    const alice = await connect("alice");
    const names = ["require", "process", "Buffer", "global", "module"];
    expect(names.map((name) => alice.page.run(`typeof ${name}`))).toEqual(names.map(() => "undefined"));
    expect(await alice.welcome()).toMatchObject({ user: "alice", channels: [{ channel: "user:alice" }] });
  });

  it("subscribes and publishes, each with its acknowledgement", async () => {
    const [alice, bob] = [await connect("alice"), await connect("bob")];
    const channel = "chat:page";
    expect(await bob.request("subscribe", { channel })).toMatchObject({ ok: true, channel, messages: [] });
    const { ok, position } = await alice.request("publish", { channel, data: { text: "hi" } });
    expect(ok).toBe(true);
    expect(await bob.next("message")).toMatchObject({
      channel,
      data: { text: "hi" },
      user: "alice",
      position,
    });
  });

  it("carries binary data both ways, live and from the history", async () => {
    const [alice, bob] = [await connect("alice"), await connect("bob")];
    const channel = "chat:page-binary";
    await bob.request("subscribe", { channel });
    const data = alice.page.run("({ parts: [new Uint8Array([1, 2, 3]), new Uint8Array([255, 0]).buffer] })");
    expect(await alice.request("publish", { channel, data })).toMatchObject({ ok: true });
    const bytesOf = ({ data }: { data?: unknown }) =>
      (data as { parts: ArrayBuffer[] }).parts.map((part) => [...new Uint8Array(part)]);
    const sent = [
      [1, 2, 3],
      [255, 0],
    ];
    expect(bytesOf(await bob.next("message"))).toEqual(sent);
    const again = await bob.request<{ messages: { data: unknown }[] }>("subscribe", {
      channel,
      since: "start",
    });
    expect(again.messages.map(bytesOf)).toEqual([sent]);
  });

  it("comes back by itself after a goodbye", async () => {
    const alice = await connect("alice");
    await gateway.call("POST", "/v1/disconnect", { user: "alice", reconnect: true });
    expect(await alice.welcome(2)).toMatchObject({ user: "alice" });
  });

  it("learns why it is refused, and stays away", async () => {
    const client = start(openPage(bundle, origin), { token: "none" });
    await until(() => client.refusals.length > 0);
    expect(client.refusals).toMatchObject([{ code: "unauthorized", retryable: false }]);
    expect(client.socket).toMatchObject({ active: false });
  });

  it("does not get in from a page of another origin", async () => {
    const refusals = () => gateway.metric("tidegate_refusals_total", 'code="forbidden"');
    const before = await refusals();
    const client = start(openPage(bundle, "https://evil.example"), { token: await gateway.token("alice") });
    await until(async () => (await refusals()) - before >= 2);
    expect(client).toMatchObject({ received: [], socket: { connected: false } });
    expect(client.refusals.filter((refusal) => refusal !== undefined)).toEqual([]);
  });
});
