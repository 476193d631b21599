/** A node in a process of its own, for tests that kill or freeze it. It is told what to do by messages. */
import { createRedisBackplane } from "../../../src/backplane/redis/backplane.ts";
import { silentLog } from "../../../src/log.ts";
import { allTold } from "../../contract/listeners.ts";
import { told } from "../../contract/manners.ts";
import { noReports } from "../../support/reports.ts";
import { describeNode, hurry } from "./harness.ts";

const [url = "", node = "", tells] = process.argv.slice(2);
const executed: unknown[] = [];

const backplane = createRedisBackplane(
  {
    lost() {},
    target: {
      execute: async (command) => {
        executed.push(command);
        return {
          connections: [
            { connection: node, user: "ann", node, since: 1, state: "online", address: "::1", agent: "" },
          ],
        };
      },
      ...noReports,
      describe: () => describeNode(node),
    },
  },
  { node, url, tokenLifetime: 3_600_000, log: silentLog, timings: hurry, ...(tells && { tidings: allTold }) },
);
await backplane.start();

export interface Task {
  id: number;
  enter?: { channel: string; users: string[] };
  /** Connections of users, called `NODE-USER`. */
  visit?: { users: string[] };
  away?: { channel: string; user: string; since: number };
  executed?: true;
}

process.on("message", async (task: Task) => {
  for (const user of task.enter?.users ?? []) {
    const connection = `${node}-${user}`;
    await backplane.presence.enter(task.enter?.channel ?? "", { user, connection, info: { node } }, told);
  }
  for (const user of task.visit?.users ?? []) {
    const about = { since: Date.now(), address: "::1", agent: "" };
    await backplane.users.connected({ user, connection: `${node}-${user}`, ...about });
  }
  if (task.away) {
    const { channel, user, since } = task.away;
    await backplane.presence.setAway(channel, { user, connection: `${node}-${user}` }, since, told);
  }
  process.send?.({ id: task.id, executed });
});

process.send?.({ id: 0 });
