import { afterEach, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../../gateway/test/support/gateway.ts";
import { JsonClient, PlainClient } from "../../../gateway/test/wire/plain/client.ts";
import { Balancer, type BalancerKind } from "./balancer.ts";

const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.stop();
});

async function start(kind: BalancerKind): Promise<{ url: string; gateway: Gateway }> {
  const gateway = await startGateway();
  running.push(gateway);
  const { port, api } = gateway;
  const node = { port, adminPort: Number(new URL(api).port) };
  const balancer = await Balancer.start(kind, [node, node]);
  running.push(balancer);
  return { url: `http://127.0.0.1:${balancer.port}`, gateway };
}

describe.each(["nginx", "haproxy"] as const)("behind %s", (kind) => {
  it("clients without Socket.IO come through, with their headers and the channel of their path", async () => {
    const { url, gateway } = await start(kind);
    const headers = { authorization: `Bearer ${await gateway.token("ann")}` };
    const json = await new JsonClient(url, undefined, { headers }).opened();
    json.say("connect", {});
    expect(await json.next("welcome")).toMatchObject({ user: "ann" });
    await json.ask("subscribe", { channel: "chat:a/b" });
    const text = await new PlainClient(`${url}/ws/chat%3Aa%2Fb?x=1`).opened();
    text.send("hello");
    expect(await json.next("message")).toMatchObject({ channel: "chat:a/b", data: "hello" });
    const usual = await new PlainClient(`${url}/ws`, { protocols: ["protocol1"] }).opened();
    expect(usual.socket.protocol).toBe("protocol1");
    for (const client of [json, text, usual]) client.close();
  });

  it("nothing else does", async () => {
    const { url } = await start(kind);
    for (const path of ["/", "/metrics", "/v1/publish", "/jsonx", "/wsx", "/livez"]) {
      expect((await fetch(`${url}${path}`)).status, path).toBe(404);
    }
  });
});
