/*
 * A browser as a host, for H5 builds of uni-app and Taro and for plain pages. `detect.ts` takes it where no
 * mini-program's object has sockets. Pages can be hidden and lose the network as apps can, so it reports both.
 */

import type { ConnectSocketOptions, Host, SocketTask } from "./host.ts";

interface NativeSocket {
  binaryType: string;
  readyState: number;
  onopen: () => void;
  onmessage: (event: unknown) => void;
  onerror: (event: unknown) => void;
  onclose: (event: unknown) => void;
  send(data: string | ArrayBuffer): void;
  close(code: number, reason: string): void;
}

interface Target {
  addEventListener(event: string, listener: () => void): void;
  removeEventListener(event: string, listener: () => void): void;
}

declare const WebSocket: (new (url: string) => NativeSocket) | undefined;
declare const document: (Target & { hidden: boolean }) | undefined;
declare const window: Target | undefined;
declare const navigator: { onLine: boolean };
declare const localStorage: {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
};

/** A browser as a mini-program host, or undefined where there is no WebSocket. */
export function createBrowserHost(): Host | undefined {
  if (typeof WebSocket !== "function") return undefined;
  // A page in the background keeps its sockets.
  const host: Host = { connectSocket, suspendAfter: Number.POSITIVE_INFINITY };
  return typeof window === "undefined" || typeof document === "undefined" || !window || !document
    ? host
    : Object.assign(host, pageEvents(document, window), storage);
}

function connectSocket({ url }: ConnectSocketOptions): SocketTask | undefined {
  if (typeof WebSocket !== "function") return undefined;
  const socket = new WebSocket(url);
  // A Blob, which is the default, can be read only later: messages would change their order.
  socket.binaryType = "arraybuffer";
  return {
    send: ({ data }) => socket.send(data),
    close: ({ code, reason }) => socket.close(code, reason),
    onOpen: (listener) => {
      socket.onopen = listener;
    },
    onMessage: (listener) => {
      socket.onmessage = listener;
    },
    onError: (listener) => {
      socket.onerror = listener;
    },
    onClose: (listener) => {
      socket.onclose = listener;
    },
  };
}

function pageEvents(page: Target & { hidden: boolean }, view: Target): Partial<Host> {
  const visibility = (hidden: boolean) => (listener: () => void) => {
    page.addEventListener("visibilitychange", () => {
      if (page.hidden === hidden) listener();
    });
  };
  return {
    onAppShow: visibility(false),
    onAppHide: visibility(true),
    onNetworkStatusChange(listener: (event: { isConnected: boolean }) => void) {
      const report = () => listener({ isConnected: navigator.onLine });
      view.addEventListener("online", report);
      view.addEventListener("offline", report);
    },
  };
}

const storage: Partial<Host> = {
  getStorageSync: (key: string) => localStorage.getItem(key),
  setStorageSync: (key: string, value?: unknown) => localStorage.setItem(key, String(value)),
};
