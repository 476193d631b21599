/*
 * The options of `connect`, as pages write them, and the parts that `connect` makes of them. Each option has a row in
 * `check-options.ts`; the compiler holds the two together.
 */

import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { AuthSource, Login } from "./login.ts";
import type { OutboxLimits } from "./outbox.ts";
import type { OpenSocket } from "./session.ts";
import type { StorageOptions } from "./storage.ts";
import type { TokenSource } from "./token-source.ts";
import type { Host } from "./transports/host.ts";

/** Another Socket.IO client's `io`: version 3.1 or later. */
export type Io = (url: string, options: never) => unknown;

export interface ConnectOptions {
  /** `wechat`: log in with `wx.login`; the gateway issues the token. */
  login?: "wechat" | undefined;
  /** The user's token, or a function that fetches one when it is needed. */
  token?: TokenSource | undefined;
  /**
   * What a backend that is asked who connects is told: an object, or a function that fetches one when it is needed. The
   * gateway makes a token of the answer, with which the client comes back.
   */
  auth?: AuthSource | undefined;
  /** The platform's object (`wx`, `my`, …), or anything with its `connectSocket`; detected where absent. */
  host?: Host | undefined;
  /** Another Socket.IO client to run over, such as `weapp.socket.io`. */
  io?: Io | undefined;
  /** The gateway's path; `/socket.io` where absent. */
  path?: string | undefined;
  /** Keep positions in the host's storage, so that a cold start continues: true, or a key of your own. */
  storage?: boolean | string | undefined;
  /** 100 entries, 10 minutes and 63 KiB where absent. */
  outbox?: Partial<OutboxLimits> | undefined;
  /** Receives what happens to the connection, for those who look for a fault. */
  log?: Log | undefined;
  /** For tests: time to run on. */
  clock?: Clock | undefined;
}

/** What a client is made of. */
export interface ClientParts {
  open: OpenSocket;
  /** Where the gateway is, for the log: without a query. */
  address: string;
  log: Log;
  login: Login;
  host: Host | undefined;
  clock: Clock;
  /** Where positions outlive the app; absent: nowhere. */
  storage: StorageOptions | undefined;
  outbox: OutboxLimits;
  /** The client has ended. */
  onClosed(): void;
}
