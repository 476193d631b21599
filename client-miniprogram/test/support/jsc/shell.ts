import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

type Request = { dial: string } | { send: string } | { close: true } | { seen: unknown } | { state: string };

/** JavaScriptCore's shell with the bundle in it, and what it lacks outside of it: sockets and the time. */
export class Shell {
  readonly seen: unknown[] = [];
  readonly states: string[] = [];
  stderr = "";
  readonly #child: ChildProcess;
  readonly #ticks: NodeJS.Timeout;
  #socket: WebSocket | undefined;

  /** @param bundle the file for mini-programs */
  constructor(jsc: string, bundle: string) {
    const script = (name: string) => join(import.meta.dirname, name);
    this.#child = spawn(jsc, [script("host.js"), bundle, script("page.js")], { stdio: "pipe" });
    this.#child.stderr?.on("data", (text) => {
      this.stderr += text;
    });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) =>
      this.#serve(JSON.parse(line) as Request),
    );
    this.#ticks = setInterval(() => this.tell({ kind: "tick" }), 10);
  }

  /** One line into the shell. */
  tell(message: object): void {
    const text = JSON.stringify(message).replaceAll(
      /[\u0080-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    this.#child.stdin?.write(`${text}\n`);
  }

  /** The app goes to the background, and its socket is interrupted. */
  suspend(): void {
    this.tell({ kind: "app", event: "hide" });
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    this.#hear("close", { code: 1_000, reason: "interrupted" });
  }

  show(): void {
    this.tell({ kind: "app", event: "show" });
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticks);
    this.#socket?.close();
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await ended;
  }

  #serve(request: Request): void {
    if ("dial" in request) this.#dial(request.dial);
    else if ("send" in request) this.#socket?.send(request.send);
    else if ("close" in request) this.#socket?.close();
    else if ("seen" in request) this.seen.push(request.seen);
    else this.states.push(request.state);
  }

  #dial(url: string): void {
    const socket = new WebSocket(url);
    this.#socket = socket;
    const hear = (event: string, detail: object) => socket === this.#socket && this.#hear(event, detail);
    socket.onopen = () => hear("open", {});
    socket.onmessage = ({ data }) => hear("message", { data });
    socket.onclose = ({ code, reason }) => hear("close", { code, reason });
  }

  #hear(event: string, detail: object): void {
    this.tell({ kind: "socket", event, detail });
  }
}
