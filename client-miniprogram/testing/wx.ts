import type { DialOptions } from "./network.ts";
import type {
  CloseArguments,
  SendArguments,
  SimulatedSocket,
  SocketEvent,
  SocketListener,
} from "./socket.ts";

/**
 * - `direct`: the call returns a task
 * - `promise`: it returns a promise of one
 * - `late`: the promise resolves only after the socket has opened, as Taro's may; the opening is missed, what follows is not
 * - `callback`: it returns a task where a callback is passed, and a promise of one where none is, as uni-app
 * - `none`: it returns nothing, and the global functions are the only way
 */
export type TaskStyle = "direct" | "promise" | "late" | "callback" | "none";

export interface WxServices {
  /** @returns the socket, or why there is none */
  dial(url: string, options: DialArguments): SimulatedSocket | string;
  /** Runs on the app's thread, later. */
  run(task: () => void): void;
  login(): { code: string } | string;
  /** Absent: the platform is too old to have it. */
  appId: string | undefined;
  tasks: TaskStyle;
  alipay: boolean;
  /** Whether the app learns nothing of the background. */
  plugin: boolean;
}

/** What the app asks of a connection, and of the platform. */
export interface DialArguments extends DialOptions {
  /** Milliseconds in which the socket has to open. */
  timeout?: number;
}

interface ConnectArguments extends DialArguments {
  url: string;
  /** Without it Alipay returns no task. */
  multiple?: boolean;
  success?(result: object): void;
  fail?(error: object): void;
  complete?(): void;
}

interface LoginArguments {
  success?(result: { code: string }): void;
  fail?(error: object): void;
}

type AppEvent = "AppShow" | "AppHide" | "NetworkStatusChange";
type AppListener = (event: never) => void;
type Register = (listener: () => void) => void;

/** The global object of a simulated platform. */
export class SimulatedWx {
  /** Only Alipay has it. */
  readonly getAuthCode?: () => void;
  readonly onAppShow?: Register;
  readonly onAppHide?: Register;
  readonly offAppShow?: Register;
  readonly offAppHide?: Register;
  readonly getAccountInfoSync?: () => { miniProgram: { appId: string } };
  readonly #services: WxServices;
  readonly #listeners: { [Event in AppEvent]: AppListener[] } = {
    AppShow: [],
    AppHide: [],
    NetworkStatusChange: [],
  };
  readonly #globalListeners: { [Event in SocketEvent]: SocketListener[] } = {
    open: [],
    message: [],
    error: [],
    close: [],
  };
  readonly #storage = new Map<string, unknown>();
  #latest: SimulatedSocket | undefined;

  constructor(services: WxServices) {
    this.#services = services;
    if (services.alipay) this.getAuthCode = () => {};
    const { appId, plugin } = services;
    if (appId !== undefined) this.getAccountInfoSync = () => ({ miniProgram: { appId } });
    if (plugin) return;
    this.onAppShow = (listener) => this.#listeners.AppShow.push(listener);
    this.onAppHide = (listener) => this.#listeners.AppHide.push(listener);
    this.offAppShow = (listener) => this.#off("AppShow", listener);
    this.offAppHide = (listener) => this.#off("AppHide", listener);
  }

  /** `success` means that the call was accepted, and nothing more. */
  readonly connectSocket = (options: ConnectArguments): unknown => {
    const { url, multiple, success, fail, complete } = options;
    const { dial, run, tasks, alipay } = this.#services;
    const socket = dial(url, dialOptionsOf(options));
    if (typeof socket === "string") {
      run(() => {
        fail?.(alipay ? { error: 1, errorMessage: socket } : { errMsg: socket });
        complete?.();
      });
      return undefined;
    }
    run(() => {
      success?.({ errMsg: "connectSocket:ok" });
      complete?.();
    });
    this.#latest = socket;
    // Alipay's global functions are for its one socket without a task; elsewhere both are told.
    if (!alipay || multiple !== true || tasks === "none") this.#listenGlobally(socket);
    if (tasks === "none" || (alipay && multiple !== true)) return undefined;
    const task = new SimulatedTask(socket);
    if (tasks === "late") return socket.opened.then(() => task);
    const promised = tasks === "promise" || (tasks === "callback" && !success && !fail && !complete);
    return promised ? Promise.resolve(task) : task;
  };

  readonly onSocketOpen = (listener: SocketListener) => this.#globalListeners.open.push(listener);
  readonly onSocketMessage = (listener: SocketListener) => this.#globalListeners.message.push(listener);
  readonly onSocketError = (listener: SocketListener) => this.#globalListeners.error.push(listener);
  readonly onSocketClose = (listener: SocketListener) => this.#globalListeners.close.push(listener);
  readonly sendSocketMessage = (options: SendArguments) => this.#latest?.send(options);
  readonly closeSocket = (options: CloseArguments) => this.#latest?.close(options);

  readonly onNetworkStatusChange = (listener: AppListener) =>
    this.#listeners.NetworkStatusChange.push(listener);
  readonly offNetworkStatusChange = (listener: AppListener) => this.#off("NetworkStatusChange", listener);

  readonly login = ({ success, fail }: LoginArguments): void => {
    this.#services.run(() => {
      const result = this.#services.login();
      if (typeof result === "string") fail?.({ errMsg: result });
      else success?.(result);
    });
  };

  readonly getStorageSync = (key: string | { key: string }): unknown =>
    typeof key === "string" ? (this.#storage.get(key) ?? "") : { data: this.#storage.get(key.key) ?? null };

  readonly setStorageSync = (key: string | { key: string; data: unknown }, data?: unknown): void => {
    if (typeof key === "string") this.#storage.set(key, data);
    else this.#storage.set(key.key, key.data);
  };

  /** For the phone: calls the app's listeners. */
  fire(event: AppEvent, detail: object): void {
    for (const listener of [...this.#listeners[event]]) listener(detail as never);
  }

  #off(event: AppEvent, listener: AppListener): void {
    this.#listeners[event] = this.#listeners[event].filter((other) => other !== listener);
  }

  #listenGlobally(socket: SimulatedSocket): void {
    for (const event of ["open", "message", "error", "close"] as const) {
      socket.on(event, (detail) => {
        for (const listener of this.#globalListeners[event]) listener(detail);
      });
    }
  }
}

function dialOptionsOf({ header, protocols, timeout }: DialArguments): DialArguments {
  return {
    ...(header && { header }),
    ...(protocols && { protocols }),
    ...(timeout !== undefined && { timeout }),
  };
}

/** A SocketTask: no `off`, no state that could be relied on. */
class SimulatedTask {
  readonly #socket: SimulatedSocket;

  constructor(socket: SimulatedSocket) {
    this.#socket = socket;
  }

  send(options: SendArguments): void {
    this.#socket.send(options);
  }

  close(options?: CloseArguments): void {
    this.#socket.close(options);
  }

  onOpen(listener: SocketListener): void {
    this.#socket.on("open", listener);
  }

  onMessage(listener: SocketListener): void {
    this.#socket.on("message", listener);
  }

  onError(listener: SocketListener): void {
    this.#socket.on("error", listener);
  }

  onClose(listener: SocketListener): void {
    this.#socket.on("close", listener);
  }
}
