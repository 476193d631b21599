/**
 * What of the official client a mini-program never runs, by file. The version is pinned, and the build fails
 * when a file no longer has what is named here.
 */

interface Change {
  /** The whole file, in place of what it is. */
  file?: string;
  /** Methods by name: what to put in place of them; an empty text leaves them out. */
  methods?: { [name: string]: string };
  /** What to leave out besides. */
  cut?: RegExp[];
}

const none = "";
const noop = (name: string) => `${name}() {}`;

const globals: Change = {
  // The original asks `Function` for the global object.
  file: `
    const later = (callback, milliseconds) => setTimeout(callback, milliseconds);
    const cancel = (timer) => clearTimeout(timer);
    export const globalThisShim = { setTimeout: later, clearTimeout: cancel };
    export const nextTick = (callback) => Promise.resolve().then(callback);
    export const defaultBinaryType = "arraybuffer";
    export function createCookieJar() {}`,
};

const absentClass = (name: string): Change => ({ file: `export class ${name} {}` });

const engine: { [path: string]: Change } = {
  "transports/index.js": { file: "export const transports = {};" },
  "transports/polling-fetch.js": absentClass("Fetch"),
  "transports/polling-xhr.js": absentClass("XHR"),
  "transports/polling-xhr.node.js": absentClass("XHR"),
  "transports/webtransport.js": absentClass("WT"),
  "transports/websocket.node.js": absentClass("WS"),
  "transports/websocket.js": {
    methods: {
      createSocket: none,
      doOpen: "doOpen() { this.ws = this.createSocket(this.uri()); this.addEventListeners(); }",
    },
    cut: [/^const isReactNative = [^;]*;$/m, /^const WebSocketCtor = .*;$/m],
  },
  "transport.js": { methods: { pause: none } },
  "contrib/has-cors.js": { file: "export const hasCORS = false;" },
  "contrib/parseuri.js": {
    file: `
      export function parse(url) {
        const [, protocol, host, port = "", query = ""] =
          /^(\\w+):\\/\\/(\\[[^\\]]*\\]|[^:/?#]*)(?::(\\d+))?[^?#]*\\??([^#]*)/.exec(url) || [];
        return { protocol, host: host && host.replace(/[[\\]]/g, ""), port, query };
      }`,
  },
  "globals.js": globals,
  "globals.node.js": globals,
  "socket.js": {
    methods: {
      _open: `_open() {
        this.readyState = "opening";
        const transport = this.createTransport(this.transports[0]);
        transport.open();
        this.setTransport(transport);
      }`,
      // Nothing is ever upgraded.
      close: `close() {
        if (this.readyState !== "opening" && this.readyState !== "open") return;
        this.readyState = "closing";
        const close = () => {
          this._onClose("forced close");
          this.transport.close();
        };
        if (this.writeBuffer.length) this.once("drain", close);
        else close();
      }`,
      _onError: `_onError(error) {
        this.emitReserved("error", error);
        this._onClose("transport error", error);
      }`,
      onOpen: `onOpen() {
        this.readyState = "open";
        this.emitReserved("open");
        this.flush();
      }`,
      _probe: none,
      send: none,
      _filterUpgrades: "_filterUpgrades() { return []; }",
      _getWritablePackets: "_getWritablePackets() { return this.writeBuffer; }",
    },
    // The network's comings and goings are the client's own matter.
    cut: [
      /^const withEventListeners[\s\S]*?^}$/m,
      /^ {8}if \(withEventListeners\) \{[\s\S]*?^ {8}\}$/m,
      /^ {12}if \(withEventListeners\) \{[\s\S]*?^ {12}\}$/m,
    ],
  },
};

const client: { [path: string]: Change } = {
  "index.js": {
    file: 'export { Manager } from "./manager.js"; export { WebSocket } from "engine.io-client";',
  },
  // Reconnection is our own.
  "contrib/backo2.js": { file: "export class Backoff { reset() {} }" },
  "manager.js": {
    methods: {
      reconnection: noop("reconnection"),
      reconnectionAttempts: noop("reconnectionAttempts"),
      reconnectionDelay: noop("reconnectionDelay"),
      reconnectionDelayMax: noop("reconnectionDelayMax"),
      randomizationFactor: noop("randomizationFactor"),
      maybeReconnectOnOpen: noop("maybeReconnectOnOpen"),
      reconnect: noop("reconnect"),
      onreconnect: none,
      connect: none,
      disconnect: none,
    },
  },
  "socket.js": {
    methods: {
      _addToQueue: none,
      _drainQueue: noop("_drainQueue"),
      _registerAckCallback: "_registerAckCallback(id, ack) { this.acks[id] = ack; }",
      notifyOutgoingListeners: noop("notifyOutgoingListeners"),
      send: none,
      emitWithAck: none,
      compress: none,
      timeout: none,
      "get volatile": none,
      "get disconnected": none,
      close: none,
      prependAny: none,
      offAny: none,
      listenersAny: none,
      onAnyOutgoing: none,
      prependAnyOutgoing: none,
      offAnyOutgoing: none,
      listenersAnyOutgoing: none,
    },
  },
};

const parser: { [path: string]: Change } = {
  // Frames are text or ArrayBuffers; Blob, FileReader and base64 packets do not occur.
  "encodePacket.browser.js": {
    file: `
      import { PACKET_TYPES } from "./commons.js";
      export const encodePacket = ({ type, data }, _supportsBinary, callback) =>
        callback(data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? data : PACKET_TYPES[type] + (data || ""));
      export function encodePacketToBinary() {}`,
  },
  "decodePacket.browser.js": {
    file: `
      import { ERROR_PACKET, PACKET_TYPES_REVERSE } from "./commons.js";
      export const decodePacket = (encoded) => {
        if (typeof encoded !== "string") return { type: "message", data: encoded };
        const type = PACKET_TYPES_REVERSE[encoded.charAt(0)];
        return type ? { type, data: encoded.length > 1 ? encoded.slice(1) : undefined } : ERROR_PACKET;
      };`,
  },
};

const emitter: { [path: string]: Change } = {
  "index.js": {
    file: `
      export class Emitter {
        on(event, listener) {
          const all = this._callbacks || (this._callbacks = {});
          all[event] = (all[event] || []).concat(listener);
          return this;
        }
        once(event, listener) {
          const once = (...args) => {
            this.off(event, once);
            listener.apply(this, args);
          };
          return this.on(event, once);
        }
        off(event, listener) {
          const all = this._callbacks;
          if (!event || !all) this._callbacks = {};
          else all[event] = listener ? (all[event] || []).filter((other) => other !== listener) : [];
          return this;
        }
        emit(event, ...args) {
          for (const listener of (this._callbacks || {})[event] || []) listener.apply(this, args);
          return this;
        }
        emitReserved(event, ...args) {
          return Emitter.prototype.emit.call(this, event, ...args);
        }
        removeAllListeners(event) {
          return this.off(event);
        }
      }`,
  },
};

const packages: { [name: string]: { [path: string]: Change } } = {
  "engine.io-client": engine,
  "socket.io-client": client,
  "engine.io-parser": parser,
  "component-emitter": emitter,
};

/**
 * @param path of a module of the official client, with forward slashes
 * @returns its source as the bundle has it
 * @throws Error where a method that is to be changed is not there
 */
export function lean(path: string, source: string): string {
  const [, name = "", file = ""] = /([\w.-]+)\/(?:build|lib)\/esm(?:-debug)?\/(.*)/.exec(path) ?? [];
  const change = packages[name]?.[file];
  if (!change) return source;
  if (change.file !== undefined) return change.file;
  const shorter = (change.cut ?? []).reduce((text, part) => cut(text, part, path), source);
  return Object.entries(change.methods ?? {}).reduce(
    (text, [method, replacement]) => replaceMethod(text, method, replacement, path),
    shorter,
  );
}

function cut(source: string, part: RegExp, path: string): string {
  if (!part.test(source)) throw new Error(`${path} has nothing like ${part}.`);
  return source.replace(part, "");
}

/** The compiled files are indented by four blanks, so a method ends at the first brace that stands there. */
function replaceMethod(source: string, method: string, replacement: string, path: string): string {
  const pattern = new RegExp(
    `^ {4}${method}\\(.*\\) \\{(?:\\n(?: {5}.*)?)*\\n {4}\\}$|^ {4}${method}\\(.*\\) \\{.*\\}$`,
    "m",
  );
  if (!pattern.test(source)) throw new Error(`${path} has no method ${method}.`);
  return source.replace(pattern, replacement);
}
