import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { compileFunction, createContext, runInContext } from "node:vm";
import type { AnySocket } from "../wire/clients/recorder.ts";
import { Wx } from "./wx.ts";

/** What WeChat wraps around every file: the DOM's names are declared and undefined. */
const wrapperParameters = [
  "require module exports window document frames self location navigator localStorage history Caches",
  "screen alert confirm prompt XMLHttpRequest WebSocket Reporter webkit WeixinJSCore",
].flatMap((names) => names.split(" "));

type Auth = object | ((send: (auth: object) => void) => void);

export interface WeappOptions {
  auth?: Auth;
  reconnectionDelay?: number;
  reconnectionDelayMax?: number;
  forceNew?: boolean;
}

/** One mini-program: its own realm, its own `wx`, and `weapp.socket.io` as npm has it. */
export interface MiniProgram {
  wx: Wx;
  io(url: string, options: WeappOptions): AnySocket;
  /** Binary data as the program itself would make it. */
  arrayBuffer(bytes: readonly number[]): ArrayBuffer;
  uint8Array(bytes: readonly number[]): Uint8Array;
}

const file = createRequire(import.meta.url).resolve("weapp.socket.io");

/** Starts a mini-program that has required `weapp.socket.io`. */
export function startMiniProgram(): MiniProgram {
  const timers = { setTimeout, clearTimeout, setInterval, clearInterval };
  const globals: Record<string, unknown> = { ...timers, console };
  const context = createContext(globals, { codeGeneration: { strings: false, wasm: false } });
  const uint8Array = runInContext("(bytes) => new Uint8Array(bytes)", context) as MiniProgram["uint8Array"];
  const arrayBuffer = (bytes: readonly number[]) => uint8Array(bytes).buffer as ArrayBuffer;
  const wx = new Wx((bytes) => arrayBuffer([...new Uint8Array(bytes)]));
  globals.wx = wx;
  const define = compileFunction(readFileSync(file, "utf8"), wrapperParameters, {
    filename: file,
    parsingContext: context,
  });
  const module = { exports: {} };
  define(undefined, module, module.exports);
  return { wx, io: module.exports as MiniProgram["io"], arrayBuffer, uint8Array };
}
