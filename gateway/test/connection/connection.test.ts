import { expect, it } from "vitest";
import { Connection } from "../../src/connection/connection.ts";
import { FakeWire } from "./wire.ts";

function createConnection(): Connection {
  const subject = { user: "ann", anonymous: false, allow: [] };
  return new Connection(new FakeWire("c1"), { subject, info: { name: "Ann" }, channels: [] }, 1);
}

/** A work that writes down when it begins and when it ends, and that the test ends. */
function work(name: string, log: string[]) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const run = async () => {
    log.push(`${name} begins`);
    await promise;
    log.push(`${name} ends`);
  };
  return { run, end: resolve, fail: reject };
}

const rest = () => new Promise<void>((resolve) => setImmediate(resolve));

it("is its subject as the channels see it", () => {
  expect(createConnection()).toMatchObject({ id: "c1", user: "ann", info: { name: "Ann" } });
});

it("begins a work at once where nothing has to be waited for", async () => {
  const connection = createConnection();
  const log: string[] = [];
  const [a, b] = [work("a", log), work("b", log)];
  const done = [connection.work.run(false, a.run), connection.work.run(false, b.run)];
  expect(log).toEqual(["a begins", "b begins"]);
  b.end();
  await done[1];
  expect(log).toEqual(["a begins", "b begins", "b ends"]);
  a.end();
  await done[0];
});

it("lets what follows an exclusive work wait for it", async () => {
  const connection = createConnection();
  const log: string[] = [];
  const [a, b, c] = [work("a", log), work("b", log), work("c", log)];
  const done = [
    connection.work.run(true, a.run),
    connection.work.run(false, b.run),
    connection.work.run(true, c.run),
  ];
  b.end();
  c.end();
  await rest();
  expect(log).toEqual(["a begins"]);
  a.end();
  await Promise.all(done);
  expect(log.slice(0, 3)).toEqual(["a begins", "a ends", "b begins"]);
  expect(log.indexOf("b begins")).toBeLessThan(log.indexOf("c begins"));
});

it("runs exclusive works one after the other", async () => {
  const connection = createConnection();
  const log: string[] = [];
  const works = ["a", "b", "c"].map((name) => work(name, log));
  const done = works.map(({ run }) => connection.work.run(true, run));
  for (const { end } of [...works].reverse()) end();
  await Promise.all(done);
  expect(log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

it("tells only the caller of a work that fails, and goes on", async () => {
  const connection = createConnection();
  const log: string[] = [];
  const [a, b] = [work("a", log), work("b", log)];
  const failed = connection.work.run(true, a.run);
  const done = connection.work.run(true, b.run);
  a.fail(new Error("boom"));
  b.end();
  await expect(failed).rejects.toThrow("boom");
  await done;
  expect(log).toEqual(["a begins", "b begins", "b ends"]);
});

it("lets 256 requests wait and no more", async () => {
  const connection = createConnection();
  const log: string[] = [];
  const first = work("first", log);
  const others = Array.from({ length: 255 }, () =>
    connection.work.request(false, async () => void log.push("other")),
  );
  const done = [connection.work.request(true, first.run), ...others];
  await Promise.all(others);
  const waiting = Array.from({ length: 255 }, () =>
    connection.work.request(false, async () => void log.push("waited")),
  );
  await expect(connection.work.request(false, async () => {})).rejects.toMatchObject({
    code: "rate_limited",
    retryable: true,
  });
  const own = connection.work.run(false, async () => void log.push("own"));
  first.end();
  await Promise.all([...done, ...waiting]);
  expect(log.filter((entry) => entry === "waited")).toHaveLength(255);
  await own;
  expect(log).toContain("own");
  await connection.work.request(true, async () => void log.push("again"));
  expect(log.at(-1)).toBe("again");
});

it("runs nothing that still waits when the connection ends", async () => {
  const connection = createConnection();
  const log: string[] = [];
  const first = work("first", log);
  const running = connection.work.run(true, first.run);
  const waiting = connection.work.request(false, async () => void log.push("waited"));
  connection.ending = "revoked";
  first.end();
  await running;
  await expect(waiting).rejects.toMatchObject({ code: "disconnected" });
  expect(log).not.toContain("waited");
});
