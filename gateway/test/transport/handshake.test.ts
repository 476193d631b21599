import type { Socket } from "socket.io";
import { beforeEach, expect, it } from "vitest";
import type { Authenticator, Identity } from "../../src/auth/authenticator.ts";
import { Failure } from "../../src/errors.ts";
import { silentLog } from "../../src/log.ts";
import { noMeter } from "../../src/meter.ts";
import { admit } from "../../src/transport/handshake.ts";

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

function admitSlowly() {
  const authenticator = {
    async identify() {
      identified += 1;
      await new Promise<void>((resolve) => (finish = resolve));
      return identity;
    },
  };
  return admit(socket, {
    authenticator: authenticator as unknown as Authenticator,
    obstacle: () => obstacle,
    addressOf: () => "203.0.113.7",
    maxDepth: 32,
    meter: noMeter,
    log: silentLog,
  });
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
