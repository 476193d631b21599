import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type HookCall, HookCaller } from "../../src/hooks/caller.ts";
import { CallFailure } from "../../src/hooks/line.ts";
import { Authority } from "../support/authority.ts";
import { type HookAnswer, HookStandIn, hookSecret } from "../support/hook.ts";

const another = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
const closing: { stop?(): Promise<void>; close?(): void }[] = [];
let hook: HookStandIn;

beforeEach(async () => {
  hook = await HookStandIn.start();
  closing.push(hook);
});

afterEach(async () => {
  for (const part of closing.splice(0)) {
    part.close?.();
    await part.stop?.();
  }
});

function callerOf(options: Partial<ConstructorParameters<typeof HookCaller>[0]> = {}): HookCaller {
  const caller = new HookCaller({
    url: hook.url,
    secrets: [hookSecret],
    ca: undefined,
    now: Date.now,
    ...options,
  });
  closing.push(caller);
  return caller;
}

const call = (more: Partial<HookCall> = {}): HookCall => ({
  id: "id-1",
  body: '{"hook":"a","text":"é"}',
  timeout: 5_000,
  ...more,
});

async function reasonOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => new Error("it was answered"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CallFailure)) throw error;
  expect(error.message).not.toContain("127.0.0.1");
  return error.reason;
}

describe("a call", () => {
  it("is signed as the Standard Webhooks library verifies it, with the time of the attempt", async () => {
    hook.handle = () => ({ answer: { ok: 1 } });
    await expect(callerOf().call(call())).resolves.toEqual({
      status: 200,
      retryAfter: undefined,
      text: '{"ok":1}',
    });
    expect(hook.unverified).toEqual([]);
    const [request] = hook.requests;
    const headers = request?.headers ?? {};
    expect(request).toMatchObject({ path: "/hook", body: { hook: "a", text: "é" } });
    expect(headers).toMatchObject({
      "webhook-id": "id-1",
      "content-type": "application/json",
      "accept-encoding": "identity",
    });
    expect(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1_000)).toBeLessThan(5);
  });

  it("is signed with each secret, so that one can be replaced", async () => {
    await callerOf({ secrets: [another, hookSecret] }).call(call());
    expect(hook.unverified).toEqual([]);
    await callerOf({ secrets: [another] }).call(call());
    await callerOf({ secrets: [] }).call(call());
    expect(hook.unverified).toHaveLength(2);
    expect(hook.requests[2]?.headers).not.toHaveProperty("webhook-signature");
  });

  it("goes over a connection that is kept, and as many as there are calls at once", async () => {
    const caller = callerOf();
    for (let n = 0; n < 3; n++) await caller.call(call());
    expect(hook.connections).toBe(1);
    await Promise.all([caller.call(call()), caller.call(call())]);
    expect(hook.connections).toBe(2);
  });

  it("follows no redirect, and hands on whatever status came", async () => {
    const elsewhere = await HookStandIn.start();
    closing.push(elsewhere);
    const statuses = [301, 302, 303, 307, 308, 400, 429, 500, 503];
    for (const status of statuses) {
      hook.handle = () => ({ status, headers: { location: elsewhere.url, "retry-after": "7" }, text: "no" });
      expect(await callerOf().call(call())).toEqual({ status, retryAfter: "7", text: "no" });
    }
    expect(elsewhere.connections).toBe(0);
    expect(hook.requests).toHaveLength(statuses.length);
  });

  it("takes 64 KiB of an answer and no more", async () => {
    hook.handle = () => ({ status: 200, text: "x".repeat(65_536) });
    expect((await callerOf().call(call())).text).toHaveLength(65_536);
    hook.handle = () => ({ status: 200, text: "x".repeat(66_560) });
    expect(await reasonOf(callerOf().call(call()))).toBe("too_large");
  });

  it("asks no proxy that the environment names", async () => {
    process.env.HTTP_PROXY = process.env.http_proxy = "http://127.0.0.1:9";
    try {
      expect((await callerOf().call(call())).status).toBe(200);
    } finally {
      delete process.env.HTTP_PROXY;
      delete process.env.http_proxy;
    }
  });
});

describe("a call without an answer", () => {
  it("ends with its time", async () => {
    hook.handle = () => "silence";
    expect(await reasonOf(callerOf().call(call({ timeout: 50 })))).toBe("timeout");
    expect(await reasonOf(callerOf().call(call({ timeout: -1 })))).toBe("timeout");
  });

  it("ends with the signal that it is given, and with its caller", async () => {
    hook.handle = () => "silence";
    const abort = new AbortController();
    const aborted = reasonOf(callerOf().call(call({ signal: abort.signal })));
    abort.abort();
    expect(await aborted).toBe("timeout");
    const caller = callerOf();
    const closed = reasonOf(caller.call(call()));
    caller.close();
    expect(await closed).toBe("ended");
  });

  it("says that nobody is there", async () => {
    const gone = await HookStandIn.start();
    const { url } = gone;
    await gone.stop();
    expect(await reasonOf(callerOf({ url }).call(call()))).toBe("unreachable");
  });

  it.each<HookAnswer>([
    "end",
    { end: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{" },
    { end: "HTTP/1." },
    { end: "no\r\n\r\n" },
  ])("says that a new connection has ended: %j", async (answer) => {
    hook.handle = () => answer;
    expect(await reasonOf(callerOf().call(call()))).toBe("ended");
    expect(hook.requests).toHaveLength(1);
  });
});

describe("a call over a kept connection that ends", () => {
  /** The second request of each connection ends so. */
  const second = (answer: HookAnswer) => {
    hook.handle = ({ nth }) => (nth === 2 ? answer : { answer: { nth } });
  };

  it("before a byte of an answer is made once more on a new one, under the same id", async () => {
    second("end");
    const caller = callerOf();
    await caller.call(call({ id: "first" }));
    expect(await caller.call(call({ id: "second" }))).toMatchObject({ status: 200 });
    expect(hook.requests.map(({ headers }) => headers["webhook-id"])).toEqual(["first", "second", "second"]);
    expect(hook.connections).toBe(2);
    expect(hook.unverified).toEqual([]);
  });

  it("is not made a third time", async () => {
    const caller = callerOf();
    await caller.call(call());
    hook.handle = () => "end";
    expect(await reasonOf(caller.call(call()))).toBe("ended");
    expect(hook.requests).toHaveLength(3);
  });

  it.each<HookAnswer>([{ end: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{" }, { end: "HTTP/1." }])(
    "after a byte of an answer is not made again: %j",
    async (answer) => {
      second(answer);
      const caller = callerOf();
      await caller.call(call());
      expect(await reasonOf(caller.call(call()))).toBe("ended");
      expect(hook.requests).toHaveLength(2);
    },
  );

  it("ends with its time in the second attempt too", async () => {
    second("end");
    const caller = callerOf();
    await caller.call(call());
    hook.handle = ({ nth }) => (nth === 2 ? "end" : "silence");
    expect(await reasonOf(caller.call(call({ timeout: 200 })))).toBe("timeout");
    expect(hook.requests).toHaveLength(3);
  });

  it("costs the next call nothing where the end was seen before it", async () => {
    const caller = callerOf();
    for (let n = 0; n < 3; n++) {
      expect((await caller.call(call())).status).toBe(200);
      hook.cut();
    }
    expect(hook.requests).toHaveLength(3);
  });
});

describe("over TLS", () => {
  let authority: Authority;
  let tls: { cert: string; key: string };
  let ca: string;

  beforeAll(async () => {
    authority = await Authority.make();
    const { cert, key } = await authority.certify("localhost");
    tls = { cert: await authority.read(cert), key: await authority.read(key) };
    ca = await authority.read(authority.ca);
  });

  afterAll(() => authority.remove());

  it("the authority is the one that is configured", async () => {
    const secure = await HookStandIn.start(undefined, { tls });
    closing.push(secure);
    expect((await callerOf({ url: secure.url, ca }).call(call())).status).toBe(200);
    expect(await reasonOf(callerOf({ url: secure.url }).call(call()))).toBe("unreachable");
  });

  it("a kept connection that ends is one that may have ended before", async () => {
    const secure = await HookStandIn.start(({ nth }) => (nth === 2 ? "end" : { answer: {} }), {
      tls,
    });
    closing.push(secure);
    const caller = callerOf({ url: secure.url, ca });
    await caller.call(call());
    expect((await caller.call(call())).status).toBe(200);
    expect(secure.connections).toBe(2);
  });
});

it("a server that accepts and never speaks takes no more than the call's time", async () => {
  const mute = createServer();
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const { port } = mute.address() as { port: number };
  expect(await reasonOf(callerOf({ url: `http://127.0.0.1:${port}` }).call(call({ timeout: 50 })))).toBe(
    "timeout",
  );
  mute.close();
});
