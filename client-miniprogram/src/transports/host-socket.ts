/*
 * One socket on any host. Engine uses it as a browser's WebSocket. Hosts return a task, a promise of one, or nothing;
 * fail by a callback, an event or a throw; report an end once, twice or never. All of that ends in this file.
 */

import { systemClock } from "../clock.ts";
import { encodeBase64 } from "./base64.ts";
import { dataOf, ownBuffer } from "./bytes.ts";
import { GlobalSocket } from "./global-socket.ts";
import { endingText, type Host, isAlipay, openPatience, type SendOptions, type SocketTask } from "./host.ts";

/** Hosts that have been seen to return no task. */
const globals = new WeakMap<Host, GlobalSocket>();

/** What platforms say of every call while the app is in the background: it says nothing of the socket. */
const inBackground = /interrupt/i;

/** A close that a platform refuses, as it does before the opening, is asked for again: so often, after this and doubled. */
const closing = { tries: 4, pause: 500 };

/** One socket of a host, used as a browser's WebSocket is. Every ending is reported once, as `onerror`. */
export class HostSocket {
  onopen: () => void = nothing;
  onmessage: (event: { data: string | ArrayBuffer }) => void = nothing;
  /** The socket failed, or was closed; the platform's event says why. */
  onerror: (event: unknown) => void = nothing;
  readonly #host: Host;
  #state: "opening" | "open" | "closed" = "opening";
  #task: SocketTask | undefined;

  constructor(host: Host, url: string) {
    this.#host = host;
    // Whoever made the socket listens only after this call, and a host may fail within `connectSocket`.
    Promise.resolve().then(() => {
      const shared = globals.get(host);
      if (shared) shared.whenFree(() => this.#dial(url, shared));
      else this.#dial(url);
    });
  }

  /** Sends nothing unless it is open. A view is sent as the bytes that it shows. */
  send(data: string | ArrayBuffer | ArrayBufferView): void {
    const options: SendOptions = {
      data: typeof data === "string" ? data : ownBuffer(data),
      success: nothing,
      fail: (error) => {
        if (!inBackground.test(endingText(error))) this.#end(error);
      },
    };
    if (typeof options.data !== "string" && isAlipay(this.#host)) {
      options.data = encodeBase64(options.data);
      options.isBuffer = true;
    }
    try {
      if (this.#state === "open") this.#task?.send(options);
    } catch (error) {
      this.#end(error);
    }
  }

  /** Nothing is reported after it. */
  close(): void {
    this.onerror = nothing;
    if (this.#state !== "closed") this.#giveUp();
  }

  #dial(url: string, shared?: GlobalSocket): void {
    if (this.#state === "closed") {
      shared?.free();
      return;
    }
    let failed = false;
    const fail = (error: unknown) => {
      failed = true;
      // After a close the place may be another's.
      if (this.#state === "closed") return;
      if (this.#task instanceof GlobalSocket) {
        this.#task.free();
        // The call made no socket. The platform's function would close one of another library's.
        this.#task = undefined;
      } else shared?.free();
      this.#end(error);
    };
    // A call that has failed returns nothing either; that says nothing of what the host returns otherwise.
    const adopt = (made: unknown) => {
      if (failed) return;
      if (isTask(made)) shared?.free();
      this.#adopt(isTask(made) ? made : this.#globalSocket());
    };
    try {
      // `success` says only that the call was taken, on WeChat for a dead address too. Without a callback uni-app
      // returns a promise in place of a task.
      const made = this.#host.connectSocket({
        url,
        timeout: openPatience,
        multiple: true,
        success: nothing,
        fail,
        complete: nothing,
      });
      if (isPromise(made)) made.then(adopt, fail);
      else adopt(made);
    } catch (error) {
      fail(error);
    }
  }

  #adopt(task: SocketTask): void {
    this.#task = task;
    if (this.#state === "closed") {
      this.#closeTask();
      return;
    }
    // As soon as there is a task: on WeChat an opening that comes before its listener is missed.
    task.onOpen(() => this.#open());
    task.onMessage((event) => this.#receive(event));
    // Feishu has no `onError`.
    task.onError?.((event) => this.#end(event));
    task.onClose?.((event) => {
      this.#task = undefined;
      this.#end(event);
    });
    // A task that came late may have opened before anybody could listen.
    if (task.readyState === 1) this.#open();
  }

  #globalSocket(): GlobalSocket {
    const known = globals.get(this.#host);
    if (known) return known;
    const made = new GlobalSocket(this.#host);
    made.whenFree(nothing);
    globals.set(this.#host, made);
    return made;
  }

  #open(): void {
    // Some hosts ignore a close before the opening.
    if (this.#state === "closed") this.#closeTask();
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.onopen();
  }

  /** A message means that the socket is open, whether its opening was reported or not. */
  #receive(event: unknown): void {
    this.#open();
    if (this.#state === "open") this.onmessage({ data: dataOf(event) });
  }

  #end(event: unknown): void {
    if (this.#state === "closed") return;
    this.#giveUp();
    // A host may fail within `send`, and whoever sends must not find everything ended when the call returns.
    Promise.resolve().then(() => this.onerror(event));
  }

  #giveUp(): void {
    this.#state = "closed";
    this.#closeTask();
  }

  #closeTask(tried = 0): void {
    const task = this.#task;
    const fail = () => {
      // The place of a socket that nobody closes is lost. Nothing is closed that has ended meanwhile.
      if (tried === closing.tries || this.#task !== task || task instanceof GlobalSocket) return;
      systemClock.setTimeout(
        () => {
          if (this.#task === task) this.#closeTask(tried + 1);
        },
        closing.pause * 2 ** tried,
      );
    };
    try {
      // Hosts agree on 1000 and on 3000 to 4999; with another code the call may fail, and the socket stay open.
      task?.close({ code: 1000, reason: "", success: nothing, fail });
    } catch {
      // A socket that cannot be closed is closed, or will be once it has opened.
    }
  }
}

function nothing(): void {}

function isTask(value: unknown): value is SocketTask {
  return typeof (Object(value) as SocketTask).onMessage === "function";
}

function isPromise(value: unknown): value is Promise<unknown> {
  return !isTask(value) && typeof (Object(value) as Promise<unknown>).then === "function";
}
