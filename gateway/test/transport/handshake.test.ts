import type { Socket } from "socket.io";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import type { Authenticator, Identity } from "../../src/auth/authenticator.ts";
import { Failure } from "../../src/errors.ts";
import { silentLog } from "../../src/log.ts";
import { noMeter } from "../../src/meter.ts";
import { admit } from "../../src/transport/handshake.ts";
import { refuse } from "../../src/transport/refusal.ts";

const subject = { user: "ann", anonymous: false, allow: [] };
const identity: Identity = { subject, info: undefined, channels: [] };
const socket = { id: "s1", handshake: { auth: { token: "t" } }, request: {} } as unknown as Socket;

let obstacle: Failure | undefined;
let identified: number;
/** Lets those in whose identity is being found out. */
let finish: () => void;

beforeEach(() => {
  obstacle = undefined;
  identified = 0;
});

function admitSlowly(auth: object = {}) {
  const authenticator = {
    async identify() {
      identified += 1;
      await new Promise<void>((resolve) => (finish = resolve));
      return identity;
    },
  };
  return admit(
    { id: socket.id, handshake: { auth }, request: socket.request },
    {
      authenticator: authenticator as unknown as Authenticator,
      obstacle: () => obstacle,
      burden: (_address, channels) => (channels > 16 ? new Failure("rate_limited") : undefined),
      onRefused() {},
      addressOf: () => "203.0.113.7",
      maxDepth: 32,
      meter: noMeter,
      log: silentLog,
    },
  );
}

it("lets in who is known, while nothing is in the way", async () => {
  const accepted = admitSlowly();
  finish();
  expect(await accepted).toEqual({ identity, resume: [] });
});

it("does not find out who comes while something is in the way", async () => {
  obstacle = new Failure("unavailable");
  await expect(admitSlowly()).rejects.toMatchObject({ code: "unavailable" });
  expect(identified).toBe(0);
});

it("sends on whom it knows only after the node has begun to drain", async () => {
  const accepted = admitSlowly();
  obstacle = new Failure("draining");
  finish();
  await expect(accepted).rejects.toMatchObject({ code: "draining", retryable: true });
  expect(identified).toBe(1);
});

it("does not find out who comes with more than can be borne now", async () => {
  const resume = Array.from({ length: 17 }, () => ({ channel: "a" }));
  await expect(admitSlowly({ resume })).rejects.toMatchObject({ code: "rate_limited" });
  expect(identified).toBe(0);
  const accepted = admitSlowly({ resume: resume.slice(1) });
  finish();
  expect(await accepted).toMatchObject({ identity });
});

/** What becomes of a connection that is refused so. */
function refuseWith(failure: Failure) {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const close = vi.fn();
  const next = vi.fn();
  const refused = { request: {}, conn: { close } } as unknown as Socket;
  const options = {
    authenticator: {} as Authenticator,
    obstacle: () => undefined,
    burden: () => undefined,
    onRefused() {},
    addressOf: () => "203.0.113.7",
    maxDepth: 32,
    meter: noMeter,
    log: silentLog,
  };
  refuse(refused, failure, options, next);
  return { close, next };
}

it.each(["unavailable", "rate_limited", "internal"] as const)(
  "keeps whom it refuses with `%s` waiting for 1 to 5 s, and answers nothing meanwhile",
  (code) => {
    const { close, next } = refuseWith(new Failure(code));
    vi.advanceTimersByTime(999);
    expect(close).not.toHaveBeenCalled();
    expect(next).not.toHaveBeenCalled();
    vi.advanceTimersByTime(4_002);
    expect(close).toHaveBeenCalledOnce();
    expect(next).toHaveBeenCalledWith();
  },
);

it("sends on at once whom it refuses since it drains", () => {
  const { close } = refuseWith(new Failure("draining"));
  vi.advanceTimersByTime(1);
  expect(close).toHaveBeenCalledOnce();
});
