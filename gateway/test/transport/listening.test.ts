import { createServer, get, type Server } from "node:http";
import { afterEach, beforeEach, expect, it } from "vitest";
import { listen, portOf, stopListening } from "../../src/transport/http.ts";

const atOnce = 5;
/** Milliseconds. */
const busyTurn = 1;

let server: Server;
let answers: Promise<number | undefined>[];

beforeEach(async () => {
  answers = [];
  server = createServer((_request, response) => response.writeHead(200, { connection: "close" }).end());
  await listen(server, 0, "127.0.0.1");
});

afterEach(() => server.closeAllConnections());

/** @returns the status, or undefined where the connection was refused or reset */
function call(): Promise<number | undefined> {
  return new Promise((resolve) => {
    get({ port: portOf(server), host: "127.0.0.1", agent: false }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    }).on("error", () => resolve(undefined));
  });
}

/** So many turns of the event loop, in each of which more connections are made, and then there is something to do. */
function comeInTurns(turns: number): void {
  if (turns === 0) return;
  for (let count = 0; count < atOnce; count += 1) answers.push(call());
  const until = performance.now() + busyTurn;
  while (performance.now() < until);
  setImmediate(() => comeInTurns(turns - 1));
}

const all = () => Array.from({ length: answers.length }, () => 200);

it("serves those whom the system has taken and the server has not", async () => {
  comeInTurns(1);
  await stopListening(server);
  expect(answers).toHaveLength(atOnce);
  expect(await Promise.all(answers)).toEqual(all());
});

it("goes on while more of them come in each turn", async () => {
  comeInTurns(4);
  await stopListening(server);
  expect(answers).toHaveLength(4 * atOnce);
  expect(await Promise.all(answers)).toEqual(all());
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
