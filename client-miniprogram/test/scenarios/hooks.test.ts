import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../../gateway/test/support/gateway.ts";
import { HookStandIn, hookSecret } from "../../../gateway/test/support/hook.ts";
import type { ConnectOptions } from "../../src/index.ts";
import { addressOf, startApp, stopApps } from "../support/apps.ts";
import { until } from "../support/waiting.ts";

let hook: HookStandIn;
let gateway: Gateway;

beforeEach(async () => {
  hook = await HookStandIn.start(({ body }) => {
    if (body.type === "connect") {
      const { session } = body.auth as { session?: string };
      return { answer: session ? { user: session } : { error: { code: "unauthorized" } } };
    }
    if (body.type === "subscribe") {
      return { answer: { results: (body.subscribe as object[]).map(() => ({ grant: 600 })) } };
    }
    if (body.event === "total") return { answer: { data: { total: 7, of: body.data } } };
    return { answer: { error: { code: "not_found", message: "No such event." } } };
  });
  gateway = await startWithHook();
});

afterEach(async () => {
  stopApps();
  await gateway.stop();
  await hook.stop();
});

function startWithHook(env: Record<string, string> = {}): Promise<Gateway> {
  return startGateway({
    rules: `
channels: [{match: "order:*", subscribe: hook, publish: subscriber, history: {size: 9, ttl: 1m}}]
hooks: [{name: shop, url: "${hook.url}", ask: [connect, subscribe, request]}]`,
    env: { TIDEGATE_HOOK_SECRET: hookSecret, ...env },
  });
}

const start = (options: ConnectOptions) => startApp(addressOf(gateway), options);

describe("with a backend that is asked", () => {
  it("a client is whom the backend says, and comes back without asking it: not who, and not about a channel", async () => {
    const { tide } = start({ auth: { session: "ann" } });
    const order = tide.channel("order:1");
    await order.publish("hi");
    expect(tide.user).toBe("ann");
    expect(hook.of("connect")).toMatchObject([{ auth: { session: "ann" } }]);
    expect(hook.of("subscribe")).toMatchObject([{ subscribe: [{ channel: "order:1" }] }]);
    const { port } = gateway;
    await gateway.stop();
    await until(() => tide.state === "offline");
    gateway = await startWithHook({ TIDEGATE_PORT: String(port) });
    tide.retry();
    await until(() => tide.state === "online");
    await order.publish("again");
    expect(hook.of("connect")).toHaveLength(1);
    expect(hook.of("subscribe")).toHaveLength(1);
  });

  it("a function fetches what it says", async () => {
    const { tide } = start({ auth: async () => ({ session: "bob" }) });
    await until(() => tide.state === "online");
    expect(tide.user).toBe("bob");
  });

  it("a client whom it refuses stays away", async () => {
    const { tide } = start({ auth: {} });
    await until(() => tide.state === "refused");
    expect(tide.reason?.code).toBe("unauthorized");
  });

  it("a page asks it, and hears its refusal", async () => {
    const { tide } = start({ auth: { session: "ann" } });
    expect(await tide.request("total", { cart: 1 })).toEqual({ total: 7, of: { cart: 1 } });
    await expect(tide.request("other")).rejects.toMatchObject({
      code: "not_found",
      message: "No such event.",
    });
  });
});
