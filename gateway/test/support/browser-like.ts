import { createRequire } from "node:module";
import { type Context, createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { WebSocket as WsSocket } from "ws";
import type { AnySocket } from "../wire/clients/recorder.ts";

type Auth = object | ((send: (auth: object) => void) => void);

export interface BrowserOptions {
  transports: string[];
  auth: Auth;
  reconnectionDelay?: number;
  reconnectionDelayMax?: number;
}

/** A page with the official client's bundle in it, in a realm of its own. */
export interface Page {
  io(url: string, options: BrowserOptions): AnySocket;
  /** Runs a script in the page. */
  run(script: string): unknown;
}

/** The official client as a bundler makes it for browsers. */
export async function bundleClient(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve("socket.io-client/package.json");
  const { outputFiles } = await build({
    stdin: {
      contents: `export { io } from "socket.io-client";`,
      resolveDir: entry.slice(0, entry.lastIndexOf("/")),
    },
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    globalName: "client",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/** @param origin what the browser says of the page with each handshake */
export function openPage(bundle: string, origin: string): Page {
  const globals: Record<string, unknown> = { setTimeout, clearTimeout, setInterval, clearInterval };
  const context = createContext(globals);
  runInContext(
    "var window = globalThis, self = globalThis; addEventListener = removeEventListener = () => {};",
    context,
  );
  globals.location = { protocol: "https:", hostname: new URL(origin).hostname, port: "" };
  globals.WebSocket = webSocketOf(context, origin);
  runInContext(bundle, context, { filename: "socket.io-client.bundle.js" });
  return {
    io: runInContext("client.io", context) as Page["io"],
    run: (script) => runInContext(script, context) as unknown,
  };
}

/** The `WebSocket` of a browser: handlers by property, the page's own ArrayBuffers, and an Origin. */
function webSocketOf(context: Context, origin: string) {
  const copy = runInContext("(bytes) => new Uint8Array(bytes).buffer", context) as (
    bytes: number[],
  ) => unknown;
  return class BrowserSocket {
    binaryType = "blob";
    onopen: ((event: object) => void) | null = null;
    onmessage: ((event: object) => void) | null = null;
    onerror: ((event: object) => void) | null = null;
    onclose: ((event: object) => void) | null = null;
    readonly #socket: WsSocket;

    constructor(url: string, protocols: string | string[] = []) {
      this.#socket = new WsSocket(url, protocols, { origin });
      this.#socket.binaryType = "arraybuffer";
      this.#socket.on("open", () => this.onopen?.({ type: "open" }));
      this.#socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
      // A page is not told why.
      this.#socket.on("error", () => this.onerror?.({ type: "error" }));
      this.#socket.on("close", (code, reason) =>
        this.onclose?.({ type: "close", code, reason: String(reason) }),
      );
    }

    get readyState(): number {
      return this.#socket.readyState;
    }

    send(data: string | ArrayBuffer | ArrayBufferView): void {
      if (this.#socket.readyState === WsSocket.CONNECTING) throw new Error("InvalidStateError");
      this.#socket.send(data);
    }

    close(code?: number, reason?: string): void {
      this.#socket.close(code, reason);
    }

    #receive(data: unknown, isBinary: boolean): void {
      if (!isBinary) this.onmessage?.({ data: String(data) });
      else if (this.binaryType !== "arraybuffer") throw new Error("there is no Blob in this browser");
      else this.onmessage?.({ data: copy([...new Uint8Array(data as ArrayBuffer)]) });
    }
  };
}
