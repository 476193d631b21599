import { expect, it } from "vitest";
import { FirstContact } from "../../../../src/backplane/redis/connection/first-contact.ts";
import { Failure } from "../../../../src/errors.ts";
import { createLog } from "../../../../src/log.ts";

function meet(options: { connect(): Promise<void>; check(): Promise<void> }) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog("info", "n", { write: (line) => lines.push(JSON.parse(line)) });
  return { firstContact: new FirstContact({ ...options, log }), lines };
}

it("says in Redis' own words why it cannot be used yet, and when it can", async () => {
  const cause = new Error("NOPERM this user has no permissions to run the 'evalsha' command");
  let refuses = true;
  const { firstContact, lines } = meet({
    connect: async () => {},
    async check() {
      if (refuses) throw new Failure("unavailable", undefined, { cause });
    },
  });
  await firstContact.make(1);
  expect(lines).toMatchObject([{ msgId: "redis_not_ready", level: "warn", cause: cause.message }]);
  refuses = false;
  await expect.poll(() => lines.at(-1)).toMatchObject({ msgId: "redis_ready", level: "info" });
  expect(firstContact.made).toBe(true);
});

it("says that there is no connection where none is made", async () => {
  const { firstContact, lines } = meet({ connect: () => new Promise(() => {}), check: async () => {} });
  await firstContact.make(1);
  expect(lines).toMatchObject([{ msgId: "redis_not_ready", cause: "no connection" }]);
  firstContact.stop();
});
