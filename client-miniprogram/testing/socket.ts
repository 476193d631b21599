import { decodeBase64, encodeBase64 } from "../src/transports/base64.ts";
import type { DialOptions, Network, Wire, WireEvents } from "./network.ts";
import type { Thread } from "./thread.ts";

export type SocketListener = (event: object) => void;
export type SocketEvent = "open" | "message" | "error" | "close";

interface Callbacks {
  success?(result: object): void;
  fail?(error: object): void;
  complete?(): void;
}

export interface SendArguments extends Callbacks {
  data: unknown;
  isBuffer?: boolean;
}

export interface CloseArguments extends Callbacks {
  code?: number;
  reason?: string;
}

export interface SocketOptions {
  url: string;
  dialOptions: DialOptions;
  network: Network;
  thread: Thread;
  /** Whether whoever opened it can listen only once it is open. */
  late: boolean;
  /** Whether binary messages are nested and in base64, as on Alipay. */
  alipay: boolean;
  /** Whether it cannot be closed before it has opened. */
  keepsOpening: boolean;
  /** Whether the platform refuses every call now. */
  refuses(): boolean;
  /** Called when the platform counts the socket as gone. */
  onGone(): void;
}

/** One of the platform's sockets. */
export class SimulatedSocket {
  readonly #options: SocketOptions;
  readonly #listeners: { [Event in SocketEvent]: SocketListener[] } = {
    open: [],
    message: [],
    error: [],
    close: [],
  };
  readonly #wire: Wire;
  #state: "opening" | "open" | "closed" = "opening";
  #deaf = false;
  /** What happens before anybody can listen; undefined once somebody can. */
  #held: (() => void)[] | undefined;
  #tellOpened: () => void = () => {};
  /** Resolves when it has opened, or cannot be. */
  readonly opened: Promise<void>;

  constructor(options: SocketOptions) {
    this.#options = options;
    if (options.late) this.#held = [];
    this.opened = new Promise((resolve) => {
      this.#tellOpened = resolve;
    });
    const events: WireEvents = {
      open: () => this.#open(),
      message: (data) => this.#hear("message", this.#messageOf(data)),
      close: (code, reason) => this.#end("close", { code, reason }),
      error: (errMsg) => this.#end("error", { errMsg }),
    };
    this.#wire = options.network(options.url, events, options.dialOptions);
  }

  on(event: SocketEvent, listener: SocketListener): void {
    this.#listeners[event].push(listener);
  }

  /** Only text and ArrayBuffers can be sent. */
  send({ data, isBuffer, success, fail, complete }: SendArguments): void {
    const { thread, alipay } = this.#options;
    const bytes = alipay && isBuffer ? decodeBase64(String(data)) : data;
    const answer = (callback: ((result: object) => void) | undefined, errMsg: string) => {
      queueMicrotask(() =>
        thread.run("event", () => {
          callback?.({ errMsg });
          complete?.();
        }),
      );
    };
    if (this.#options.refuses()) answer(fail, "sendSocketMessage:fail interrupted");
    else if (this.#state !== "open") answer(fail, "sendSocketMessage:fail taskID not exist");
    else if (typeof bytes !== "string" && !(bytes instanceof ArrayBuffer)) {
      answer(fail, "sendSocketMessage:fail invalid data type");
    } else {
      if (!this.#deaf) this.#wire.send(bytes);
      answer(success, "sendSocketMessage:ok");
    }
  }

  close({ code = 1000, reason = "", success, fail, complete }: CloseArguments = {}): void {
    const sound =
      (code === 1000 || (code >= 3000 && code <= 4999)) && new TextEncoder().encode(reason).length <= 123;
    const { refuses, keepsOpening } = this.#options;
    if (this.#state === "closed") fail?.({ errMsg: "closeSocket:fail wcwss taskID not exist" });
    else if (refuses()) fail?.({ errMsg: "closeSocket:fail interrupted" });
    else if (keepsOpening && this.#state === "opening") fail?.({ errMsg: "closeSocket:fail not opened" });
    else if (!sound) fail?.({ errMsg: "closeSocket:fail invalid code or reason" });
    else {
      this.#wire.close(code, reason);
      this.#end("close", { code, reason });
      success?.({ errMsg: "closeSocket:ok" });
    }
    complete?.();
  }

  /** The network is gone for this socket, and nobody says so. */
  breakSilently(): void {
    this.#deaf = true;
  }

  /** The platform waits for the opening no longer. */
  giveUp(): void {
    if (this.#state !== "opening") return;
    this.#deaf = false;
    this.#wire.close(1000, "");
    this.#end("error", { errMsg: "connectSocket:fail timeout" });
  }

  /** The platform closes it. @param silently without an event */
  interrupt(code: number, silently: boolean): void {
    this.#wire.close(1000, "");
    if (silently) {
      this.#deaf = true;
      this.#gone();
    } else this.#end("close", { code, reason: "interrupted" });
  }

  /** The far end goes away, as when its process is killed. */
  abort(): void {
    this.#wire.close(1000, "");
    this.#end("close", { code: 1006, reason: "abnormal closure" });
  }

  #open(): void {
    if (this.#state !== "opening" || this.#deaf) return;
    this.#state = "open";
    this.#hear("open", { header: {}, profile: {} });
  }

  #end(event: "close" | "error", detail: object): void {
    if (this.#state === "closed") return;
    this.#gone();
    this.#hear(event, detail);
  }

  #gone(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#options.onGone();
  }

  #hear(event: SocketEvent, detail: object): void {
    if (this.#deaf) return;
    // The platform's events come to the thread from outside, never within a call of the page.
    queueMicrotask(() =>
      this.#options.thread.run("event", () => {
        if (event !== "message") this.#reveal();
        if (this.#held && event !== "open") this.#held.push(() => this.#fire(event, detail));
        else this.#fire(event, detail);
      }),
    );
  }

  #fire(event: SocketEvent, detail: object): void {
    for (const listener of this.#listeners[event]) listener(detail);
  }

  /** Each of the platform's events is a task of its own: what waits for the opening goes on before the next. */
  #reveal(): void {
    this.#tellOpened();
    setTimeout(() => {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const task of held) this.#options.thread.run("event", task);
    });
  }

  #messageOf(data: string | ArrayBuffer): object {
    if (!this.#options.alipay) return { data };
    const isBuffer = typeof data !== "string";
    return { data: { data: isBuffer ? encodeBase64(data) : data, isBuffer } };
  }
}
