import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { bundleClient } from "../../scripts/bundle.ts";
import * as source from "../../src/index.ts";
import type { Io } from "../../src/options.ts";
import type { SocketTask } from "../../src/transports/host.ts";
import type { Phone } from "../../testing/index.ts";

/**
 * What the scenarios run on: the client as it is written, the file that is published, or weapp.socket.io below. What
 * that one cannot do stands in `scenarios/weapp.test.ts`.
 */
export type ClientName = "source" | "bundle" | "weapp";

export const clientName = (process.env.TIDEGATE_CLIENT ?? "source") as ClientName;

const { connect } = clientName === "bundle" ? await loadBundle() : source;
const weapp = clientName === "weapp" ? loadWeapp() : undefined;
const ios = new WeakMap<Phone, Io>();

/** Connects the app on the phone. */
export function connectOn(phone: Phone, url: string, options: source.ConnectOptions = {}): source.Tide {
  return connect(url, { host: phone.wx, clock: phone.clock, ...ioOf(phone), ...options });
}

/** The `io` option, where the scenarios run over another client. */
export function ioOf(phone: Phone): Pick<source.ConnectOptions, "io"> {
  if (!weapp) return {};
  // The same phone has the same one: clients are told apart by it.
  const io = ios.get(phone) ?? weappOn(phone, weapp);
  ios.set(phone, io);
  return { io };
}

export function loadWeapp(): Io {
  // It asks for the name, which a mini-program's wrapper declares.
  Object.assign(globalThis, { window: undefined });
  const loaded = createRequire(import.meta.url)("weapp.socket.io") as Io & { io?: Io };
  return loaded.io ?? loaded;
}

async function loadBundle(): Promise<Pick<typeof source, "connect">> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-scenarios-"));
  const file = join(folder, "index.js");
  await bundleClient(file);
  const run = runInThisContext(`(function (exports) {${readFileSync(file, "utf8")}\n})`);
  rmSync(folder, { recursive: true });
  const exports = {};
  run(exports);
  return exports as typeof source;
}

/**
 * It knows one platform, the global `wx`, and asks for it as it dials.
 *
 * @param thrown takes what it throws into the platform's events when an attempt fails; a platform writes it to its log
 */
export function weappOn(phone: Phone, weapp: Io, thrown: unknown[] = []): Io {
  return (url, options) => {
    const connectSocket = (call: object) => guarded(phone.wx.connectSocket(call as never), thrown);
    Object.assign(globalThis, { wx: { connectSocket } });
    return weapp(url, options);
  };
}

function guarded(made: unknown, thrown: unknown[]): unknown {
  const task = made as SocketTask | undefined;
  if (!task?.onError) return made;
  return {
    send: (options) => task.send(options),
    close: (options) => task.close(options),
    onOpen: (listener) => task.onOpen(listener),
    onMessage: (listener) => task.onMessage(listener),
    onClose: (listener) => task.onClose?.(listener),
    onError: (listener) =>
      task.onError?.((event) => {
        try {
          listener(event);
        } catch (error) {
          if (!(error as Error).message.includes("closed before the connection was established")) throw error;
          thrown.push(error);
        }
      }),
  } satisfies SocketTask;
}
