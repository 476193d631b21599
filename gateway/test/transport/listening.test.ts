import { createServer, type Server } from "node:http";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { listen, portOf } from "../../src/transport/http.ts";
import { stopListening } from "../../src/transport/stop-listening.ts";

const atOnce = 5;
/** Milliseconds. */
const busyTurn = 1;

let server: Server;
let callers: Worker;
/** How many calls the system has taken, in memory that the callers' thread shares. */
let taken: Int32Array;
let called: number;
let statuses: (string | undefined)[];

beforeEach(async () => {
  called = 0;
  statuses = [];
  taken = new Int32Array(new SharedArrayBuffer(4));
  server = createServer((_request, response) => response.writeHead(200, { connection: "close" }).end());
  await listen(server, 0, "127.0.0.1");
  callers = new Worker(new URL("callers.ts", import.meta.url), {
    workerData: { port: portOf(server), taken },
  });
  callers.on("message", (status: string | undefined) => statuses.push(status));
  await new Promise((resolve) => callers.once("online", resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await callers.terminate();
});

/** Returns when the system has taken the calls; the server, whose thread this is, cannot have. */
function comeIn(count = atOnce): void {
  callers.postMessage(count);
  called += count;
  for (let so = 0; so < called; so = Atomics.load(taken, 0)) Atomics.wait(taken, 0, so);
}

/** So many turns of the event loop, in each of which more come in. */
function comeInTurns(turns: number): void {
  if (turns === 0) return;
  comeIn();
  setImmediate(() => comeInTurns(turns - 1));
}

async function expectAllServed(calls: number): Promise<void> {
  await vi.waitUntil(() => statuses.length === calls, { timeout: 10_000 });
  expect(statuses).toEqual(Array.from({ length: calls }, () => "200"));
}

it("serves those whom the system has taken and the server has not", async () => {
  comeIn();
  await stopListening(server);
  await expectAllServed(atOnce);
});

it("goes on while more of them come in each turn", async () => {
  comeInTurns(4);
  await stopListening(server);
  await expectAllServed(4 * atOnce);
});

it("ends although there is something to do in every turn", async () => {
  let busy = true;
  const work = () => {
    const until = performance.now() + busyTurn;
    while (performance.now() < until);
    if (busy) setImmediate(work);
  };
  work();
  await stopListening(server);
  busy = false;
  expect(server.listening).toBe(false);
});

it("ends although another comes in every turn", async () => {
  const comeInFurther = () => {
    if (!server.listening) return;
    comeIn(1);
    setImmediate(comeInFurther);
  };
  comeInFurther();
  await stopListening(server);
  expect(server.listening).toBe(false);
});
