import { encode } from "notepack.io";
import type { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { expect, it, onTestFinished, vi } from "vitest";
import type { Connection, Wire } from "../../src/connection/connection.ts";
import { silentLog } from "../../src/log.ts";
import { noMeter } from "../../src/meter.ts";
import { acceptClients, type Sessions } from "../../src/transport/clients.ts";
import { openServer, servers } from "./servers.ts";

const subject = { user: "ann", anonymous: false, allow: [] };

/** Lets everybody in; what a test is about replaces the rest. */
function sessions(lifecycle: object, dispatch: (...args: unknown[]) => void = () => {}): Sessions {
  const options = {
    authenticator: { identify: async () => ({ subject, info: "a secret", channels: [] }) },
    obstacle: () => undefined,
    addressOf: () => "203.0.113.7",
    maxDepth: 32,
    meter: noMeter,
    log: silentLog,
    dispatcher: { dispatch },
    lifecycle: {
      open: (wire: Wire) => ({ wire, closed: false }),
      welcome() {},
      closed: (connection: { closed: boolean }) => (connection.closed = true),
      ...lifecycle,
    },
  };
  return options as unknown as Sessions;
}

async function serve(options: Sessions): Promise<{ io: Server; client: ReturnType<typeof connect> }> {
  const opener = servers["the gateway's engine"];
  if (!opener) throw new Error("There is no such server.");
  const { io, url } = await openServer((http) => {
    const server = opener(http);
    acceptClients(server, options);
    return server;
  });
  const client = connect(new URL(url).origin, { transports: ["websocket"], reconnection: false });
  onTestFinished(() => void client.disconnect());
  return { io, client };
}

it("learns of the end of whoever is sent away in place of the welcome", async () => {
  const closed = vi.fn();
  await serve(sessions({ closed, welcome: ({ wire }: Connection) => wire.disconnect("revoked") }));
  await vi.waitFor(() => expect(closed).toHaveBeenCalledOnce());
});

it("hands an event to the connection of the socket that it came from", async () => {
  const dispatch = vi.fn();
  const opened: unknown[] = [];
  const { client } = await serve(sessions({ welcome: (one: Connection) => opened.push(one) }, dispatch));
  client.emit("publish", { channel: "a" });
  await vi.waitFor(() => expect(dispatch).toHaveBeenCalledOnce());
  expect(opened).toHaveLength(1);
  expect(dispatch).toHaveBeenCalledWith(opened[0], "publish", { channel: "a" }, undefined);
});

it("shows nothing of a connection to whoever fetches its socket, on any node", async () => {
  const { io, client } = await serve(sessions({}));
  await vi.waitFor(() => expect(client.connected).toBe(true));
  const [socket] = await io.fetchSockets();
  expect(socket?.data.value).toBeDefined();
  expect(JSON.stringify(socket?.data)).toBe("{}");
  expect(encode(socket?.data)).toEqual(encode({}));
});
