import type { Clock } from "./clock.ts";
import type { Login, TokenSource } from "./login.ts";
import type { OutboxLimits } from "./outbox.ts";
import type { OpenSocket } from "./session.ts";
import type { StorageOptions } from "./storage.ts";
import type { Host } from "./transports/host.ts";

/** Another Socket.IO client's `io`: version 3.1 or later. */
export type Io = (url: string, options: never) => unknown;

export interface ConnectOptions {
  /** `wechat`: log in with `wx.login`; the gateway issues the token. */
  login?: "wechat";
  /** The user's token, or what fetches one when it is needed. */
  token?: TokenSource;
  /** The platform's object (`wx`, `my`, …), or anything with its `connectSocket`; found out where absent. */
  host?: Host;
  /** Another Socket.IO client to run over, such as `weapp.socket.io`. */
  io?: Io;
  /** The gateway's path; `/socket.io` where absent. */
  path?: string;
  /** Keep positions in the host's storage, so that a cold start continues: true, or a key of your own. */
  storage?: boolean | string;
  /** 100 entries, 10 minutes and 63 KiB where absent. */
  outbox?: Partial<OutboxLimits>;
  /** For tests: time to run on. */
  clock?: Clock;
}

/** What a client is made of. */
export interface ClientParts {
  open: OpenSocket;
  login: Login;
  host: Host | undefined;
  clock: Clock;
  /** Where positions outlive the app; absent: nowhere. */
  storage: StorageOptions | undefined;
  outbox: OutboxLimits;
  /** The client has ended. */
  onClosed(): void;
}
