import { afterEach, beforeEach, expect, it } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { abnormal, noCode, RawSocket } from "../support/raw-socket.ts";
import { WeChatStandIn } from "../support/wechat.ts";

const closeOpcode = 8;

let gateway: Gateway;
let wechat: WeChatStandIn;

beforeEach(async () => {
  wechat = await WeChatStandIn.start({ wx1: "secret-of-wx1" });
  gateway = await startGateway({ env: wechat.env });
});

afterEach(async () => {
  await gateway.stop();
  await wechat.stop();
});

async function join(user: string): Promise<RawSocket> {
  const socket = await RawSocket.open(gateway.port);
  socket.send(`40${JSON.stringify({ token: await gateway.token(user) })}`);
  await socket.next('42["welcome"');
  return socket;
}

const closeFrames = ({ frames }: RawSocket) => frames.filter(({ opcode }) => opcode === closeOpcode);

it("whoever is to come back is told by the end of TCP, behind the goodbye, and sees no close frame", async () => {
  const socket = await join("ann");
  await gateway.call("POST", "/v1/disconnect", { user: "ann", reconnect: true });
  expect(await socket.closed).toBe(abnormal);
  expect(socket.texts.at(-1)).toBe('42["goodbye",{"code":"disconnected","reconnect":true}]');
  expect(closeFrames(socket)).toEqual([]);
});

it("whoever is to stay away is sent a DISCONNECT, then a close frame", async () => {
  const socket = await join("ann");
  await gateway.call("POST", "/v1/disconnect", { user: "ann", reconnect: false });
  expect(await socket.closed).toBe(noCode);
  expect(socket.texts.slice(-2)).toEqual(['42["goodbye",{"code":"disconnected","reconnect":false}]', "41"]);
});

it("whoever is refused for now is told by the end of TCP, and by nothing else", async () => {
  wechat.answer = () => ({ status: 500 });
  const socket = await RawSocket.open(gateway.port);
  socket.send(`40${JSON.stringify({ code: "c1", platform: "wechat" })}`);
  expect(await socket.closed).toBe(abnormal);
  expect(socket.frames).toHaveLength(1);
  expect(socket.texts[0]).toMatch(/^0\{"sid"/);
});

it("whoever answers no ping is let go by the end of TCP", async () => {
  await gateway.stop();
  gateway = await startGateway({
    env: { ...wechat.env, TIDEGATE_PING_INTERVAL: "1s", TIDEGATE_PING_TIMEOUT: "1s" },
  });
  const socket = await join("ann");
  expect(await socket.closed).toBe(abnormal);
  expect(closeFrames(socket)).toEqual([]);
});
