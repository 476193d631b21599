/*
 * What the client needs of a platform, as types that every platform's own typings fit. Only `connectSocket` has to be
 * there: everything else is asked for where it is used.
 */

/** The part of a mini-program's global object (`wx`, `my`, `tt`, …) that the client uses. Only `connectSocket` is needed. */
export interface Host {
  /** @returns a task, a promise of one, or nothing where sockets are spoken to through the global functions below */
  connectSocket(options: ConnectSocketOptions): unknown;
  // The typings of the platforms disagree about listeners and options; what follows is compatible with all of them.
  onSocketOpen?(listener: never): unknown;
  onSocketMessage?(listener: never): unknown;
  onSocketError?(listener: never): unknown;
  onSocketClose?(listener: never): unknown;
  sendSocketMessage?(options: never): unknown;
  closeSocket?(options: never): unknown;

  login?(options: never): unknown;
  onAppShow?(listener: never): unknown;
  offAppShow?(listener: never): unknown;
  onAppHide?(listener: never): unknown;
  offAppHide?(listener: never): unknown;
  onNetworkStatusChange?(listener: never): unknown;
  offNetworkStatusChange?(listener: never): unknown;
  getStorageSync?(key: never): unknown;
  setStorageSync?(key: never, value?: unknown): unknown;
  /** Only Alipay has it, whose binary messages and storage differ from everybody else's. */
  getAuthCode?(options: never): unknown;
  /** How long a socket lives in the background, in milliseconds; 5,000 where it is not said. */
  suspendAfter?: number;
}

/**
 * Milliseconds in which a socket has to open. The platform is told: it would keep the place of one that was given up for
 * a minute, and has five.
 */
export const openPatience = 15_000;

export interface ConnectSocketOptions {
  url: string;
  timeout: number;
  /** Without it Alipay returns no task. */
  multiple: boolean;
  success(): void;
  fail(error: unknown): void;
  complete(): void;
}

/** What hosts return of `connectSocket`, as far as they agree. */
export interface SocketTask {
  send(options: SendOptions): unknown;
  close(options: CloseOptions): unknown;
  onOpen(listener: () => void): void;
  onMessage(listener: (event: unknown) => void): void;
  onError?(listener: (event: unknown) => void): void;
  onClose?(listener: (event: unknown) => void): void;
  readyState?: number;
}

export interface SendOptions {
  data: string | ArrayBuffer;
  isBuffer?: boolean;
  success(): void;
  fail(error: unknown): void;
}

export interface CloseOptions {
  code: number;
  reason: string;
  success(): void;
  fail(error: unknown): void;
}

/** What a host says of a call that failed or a socket that ended, in words. */
export function endingText(event: unknown): string {
  const { errMsg, errorMessage, message, code, reason } = Object(event) as { [part: string]: unknown };
  const said = [errMsg || errorMessage || message, code && `code ${code}`, reason].filter(Boolean);
  return said.join(", ") || "The socket failed.";
}

/** Whether the host speaks Alipay's dialect. */
export function isAlipay(host: Host): boolean {
  return typeof host.getAuthCode === "function";
}
