import { types } from "node:util";
import { WebSocket } from "ws";

interface Callbacks {
  success?: (result: { errMsg: string }) => void;
  fail?: (result: { errMsg: string }) => void;
}

interface ConnectOptions extends Callbacks {
  url: string;
  header?: Record<string, string>;
  protocols?: string[];
}

interface SocketEvents {
  open: { header: Record<string, string> };
  message: { data: unknown };
  error: { errMsg: string };
  close: { code: number; reason: string };
}

const maxSockets = 5;

/** A mini-program's `wx` as far as sockets go, with the platform's limits and refusals. */
export class Wx {
  /** Calls of `connectSocket`. */
  attempts = 0;
  /** What listeners threw; the platform logs it and goes on. */
  readonly thrown: unknown[] = [];
  readonly #tasks = new Set<SocketTask>();
  readonly #toRealm: (bytes: ArrayBuffer) => unknown;

  /** @param toRealm copies binary data into the realm of the program */
  constructor(toRealm: (bytes: ArrayBuffer) => unknown) {
    this.#toRealm = toRealm;
  }

  /** Sockets that count for the limit. */
  get sockets(): number {
    return this.#tasks.size;
  }

  /** Connects as the platform does: what comes of it is told by the task alone. */
  connectSocket(options: ConnectOptions): SocketTask {
    this.attempts += 1;
    const exceeded = this.#tasks.size >= maxSockets;
    const task = new SocketTask(exceeded ? undefined : open(options), {
      toRealm: this.#toRealm,
      onThrown: (error) => this.thrown.push(error),
      onGone: () => this.#tasks.delete(task),
    });
    if (!exceeded) this.#tasks.add(task);
    const errMsg = exceeded ? "connectSocket:fail exceed max concurrent count" : "connectSocket:ok";
    queueMicrotask(() => (exceeded ? options.fail : options.success)?.({ errMsg }));
    return task;
  }
}

function open({ url, header, protocols = [] }: ConnectOptions): WebSocket {
  return new WebSocket(url, protocols, { ...(header && { headers: header }), perMessageDeflate: false });
}

interface TaskHost {
  toRealm(bytes: ArrayBuffer): unknown;
  onThrown(error: unknown): void;
  onGone(): void;
}

class SocketTask {
  readonly #socket: WebSocket | undefined;
  readonly #host: TaskHost;
  readonly #listeners: { [Event in keyof SocketEvents]: ((event: SocketEvents[Event]) => void)[] } = {
    open: [],
    message: [],
    error: [],
    close: [],
  };

  constructor(socket: WebSocket | undefined, host: TaskHost) {
    this.#socket = socket;
    this.#host = host;
    if (!socket) {
      queueMicrotask(() =>
        this.#tell("error", { errMsg: "createSocketTask:fail exceed max concurrent count" }),
      );
      return;
    }
    socket.binaryType = "arraybuffer";
    socket.on("open", () => this.#tell("open", { header: {} }));
    socket.on("message", (data, isBinary) => this.#tell("message", { data: this.#read(data, isBinary) }));
    socket.on("error", ({ message }) => this.#tell("error", { errMsg: message }));
    socket.on("close", (code, reason) => {
      host.onGone();
      this.#tell("close", { code, reason: reason.toString() });
    });
  }

  onOpen(listener: (event: SocketEvents["open"]) => void): void {
    this.#listeners.open.push(listener);
  }

  onMessage(listener: (event: SocketEvents["message"]) => void): void {
    this.#listeners.message.push(listener);
  }

  onError(listener: (event: SocketEvents["error"]) => void): void {
    this.#listeners.error.push(listener);
  }

  onClose(listener: (event: SocketEvents["close"]) => void): void {
    this.#listeners.close.push(listener);
  }

  send({ data, success, fail }: Callbacks & { data: unknown }): void {
    if (typeof data !== "string" && !types.isArrayBuffer(data)) {
      fail?.({ errMsg: "sendSocketMessage:fail invalid data type" });
      return;
    }
    if (this.#socket?.readyState !== WebSocket.OPEN) {
      fail?.({ errMsg: "sendSocketMessage:fail WebSocket is not connected" });
      return;
    }
    this.#socket.send(data);
    success?.({ errMsg: "sendSocketMessage:ok" });
  }

  close({ code, reason, success }: Callbacks & { code?: number; reason?: string } = {}): void {
    this.#socket?.close(code ?? 1000, reason);
    success?.({ errMsg: "closeSocket:ok" });
  }

  #read(data: unknown, isBinary: boolean): unknown {
    if (!isBinary || !types.isArrayBuffer(data)) return String(data);
    return this.#host.toRealm(data);
  }

  #tell<Event extends keyof SocketEvents>(event: Event, detail: SocketEvents[Event]): void {
    for (const listener of this.#listeners[event]) {
      try {
        listener(detail);
      } catch (error) {
        this.#host.onThrown(error);
      }
    }
  }
}
