import { connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Gateway, startGateway } from "../../support/gateway.ts";
import { upgradeRequest } from "../../support/raw-socket.ts";

let gateway: Gateway;

beforeAll(async () => {
  const env = { TIDEGATE_HANDSHAKE_RATE: "40", TIDEGATE_TRUSTED_PROXIES: "loopback" };
  gateway = await startGateway({ env });
});

afterAll(() => gateway.stop());

/** Asks for an upgrade from the address, as a proxy passes it on. @returns the status of the answer */
function upgrade(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, "127.0.0.1");
    socket.write(upgradeRequest({ headers: { "X-Forwarded-For": address } }));
    socket.once("data", (data) => {
      resolve(Number(data.toString("latin1").split(" ")[1]));
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

it("an address that asks for ten times what a node takes does not keep the others out", async () => {
  await upgrade("203.0.113.9");
  const flood = await Promise.all(Array.from({ length: 400 }, () => upgrade("198.51.100.1")));
  expect(flood.filter((status) => status === 503).length).toBeGreaterThan(200);
  const honest = [await upgrade("203.0.113.9"), await upgrade("203.0.113.10"), await upgrade("203.0.113.11")];
  expect(honest).toEqual([101, 101, 101]);
});
