import { createServer, type Server } from "node:http";
import { networkInterfaces } from "node:os";
import { afterEach, beforeEach, expect, it } from "vitest";
import { addressReader } from "../../src/transport/address.ts";
import { listen, portOf } from "../../src/transport/http.ts";

let server: Server;

beforeEach(() => {
  const addressOf = addressReader([]);
  server = createServer((request, response) => response.end(addressOf(request)));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const seenFrom = async (host: string) => (await fetch(`http://${host}:${portOf(server)}`)).text();

/** A server of a system on which an address of IPv6 cannot be had, by the error's code. */
function refuseIPv6(code: string): void {
  const own = server.listen.bind(server) as (options: { host: string }, done: () => void) => Server;
  const listening = (options: { host: string }, done: () => void) => {
    if (!options.host.includes(":")) return own(options, done);
    queueMicrotask(() => server.emit("error", Object.assign(new Error(`listen ${code}`), { code })));
    return server;
  };
  server.listen = listening as Server["listen"];
}

it("is every address, of IPv4 and of IPv6, each shown as what it is", async () => {
  await listen(server, 0, "::");
  expect(await seenFrom("127.0.0.1")).toBe("127.0.0.1");
  const hasIPv6 = Object.values(networkInterfaces()).some((own) =>
    own?.some(({ address }) => address === "::1"),
  );
  expect(hasIPv6 ? await seenFrom("[::1]") : "::1").toBe("::1");
});

it.each(["EAFNOSUPPORT", "EADDRNOTAVAIL"])(
  "is every address of IPv4 on a system that says %s",
  async (code) => {
    refuseIPv6(code);
    expect(await listen(server, 0, "::")).toBe("0.0.0.0");
    expect(await seenFrom("127.0.0.1")).toBe("127.0.0.1");
  },
);

it("is none where one of IPv6 was asked for by itself, or the port is taken", async () => {
  refuseIPv6("EADDRNOTAVAIL");
  await expect(listen(server, 0, "2001:db8::1")).rejects.toThrow("EADDRNOTAVAIL");
  refuseIPv6("EADDRINUSE");
  await expect(listen(server, 0, "::")).rejects.toThrow("EADDRINUSE");
});
