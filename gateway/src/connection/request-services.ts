/* What the handlers of requests are given; `app/clients.ts` makes it. No handler knows the node that it runs in. */

import type { Authenticator } from "../auth/authenticator.ts";
import type { History } from "../channels/history.ts";
import type { Presence } from "../channels/presence.ts";
import type { Publisher } from "../channels/publish.ts";
import type { Rules } from "../channels/rules.ts";
import type { Backend } from "../hooks/ports.ts";
import type { Accounts } from "./accounts.ts";
import type { Approvals } from "./approvals.ts";
import type { Joiner } from "./joiner.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** What the handlers call, each for its own part. */
export interface RequestServices {
  rules: Rules;
  joiner: Joiner;
  publisher: Publisher;
  history: History;
  presence: Presence;
  authenticator: Pick<Authenticator, "verify">;
  lifecycle: Pick<Lifecycle, "renew">;
  accounts: Pick<Accounts, "charge" | "takePublication">;
  /** Channels that one request may subscribe to. */
  maxChannels: number;
  /** Unix milliseconds. */
  now(): number;
  /** Absent where no backend is asked anything. */
  backend?: Backend | undefined;
  /** There where a backend is asked about channels. */
  approvals?: Approvals | undefined;
}
