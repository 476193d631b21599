import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type EngineMember, Heartbeat } from "../../src/transport/heartbeat.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A peer that answers nothing, with what is written down of it. */
function silentPeer(largeUnderWay: boolean) {
  const noted = { pings: 0, expired: false };
  const member: EngineMember = {
    dialect: "socketio",
    unsent: 0,
    largeUnderWay,
    pingedAt: 0,
    slot: 0,
    onEnd: undefined,
    ping: () => (noted.pings += 1),
    expire() {
      noted.expired = true;
    },
    sendAway() {},
    choked: false,
    lookAtReader() {},
  };
  return { member, noted };
}

function keep(member: EngineMember): void {
  const heartbeat = new Heartbeat({ interval: 1_000, timeout: 500 });
  heartbeat.start();
  heartbeat.add(member);
}

it("lets go of a peer that answers no ping in time", () => {
  const { member, noted } = silentPeer(false);
  keep(member);
  vi.advanceTimersByTime(1_400);
  expect(noted).toEqual({ pings: 1, expired: false });
  vi.advanceTimersByTime(200);
  expect(noted).toEqual({ pings: 1, expired: true });
});

it("waits an interval longer where the answer may be behind a large frame, and then no longer", () => {
  const { member, noted } = silentPeer(true);
  keep(member);
  vi.advanceTimersByTime(2_400);
  expect(noted).toEqual({ pings: 1, expired: false });
  vi.advanceTimersByTime(300);
  expect(noted).toEqual({ pings: 1, expired: true });
});
