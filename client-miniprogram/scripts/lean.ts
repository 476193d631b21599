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
      addEventListeners: `addEventListeners() {
        this.ws.onopen = () => this.onOpen();
        this.ws.onclose = () => this.onClose();
        this.ws.onmessage = ({ data }) => this.onData(data);
        this.ws.onerror = () => this.onError("websocket error");
      }`,
      write: `write(packets) {
        this.writable = false;
        for (const packet of packets) encodePacket(packet, true, (data) => this.ws.send(data));
        nextTick(() => {
          this.writable = true;
          this.emitReserved("drain");
        });
      }`,
      doWrite: none,
      uri: `uri() { return this.createUri(this.opts.secure ? "wss" : "ws", this.query); }`,
    },
    cut: [/^const isReactNative = [^;]*;$/m, /^const WebSocketCtor = .*;$/m],
  },
  "transport.js": {
    methods: { pause: none, onError: 'onError(reason) { this.emitReserved("error", new Error(reason)); }' },
  },
  "util.js": {
    file: `
      import { globalThisShim } from "./globals.node.js";
      export function installTimerFunctions(target) {
        target.setTimeoutFn = globalThisShim.setTimeout;
        target.clearTimeoutFn = globalThisShim.clearTimeout;
      }
      export function byteLength() {}
      export function pick() {}
      export function randomString() {}`,
  },
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
      constructor: `constructor(uri, opts) {
        super();
        this.writeBuffer = [];
        this._prevBufferLen = 0;
        installTimerFunctions(this);
        const { protocol, host, port, query } = parse(uri);
        const secure = protocol === "https" || protocol === "wss";
        const path = opts.path.replace(/\\/$/, "") + "/";
        this.opts = Object.assign({}, opts, { hostname: host, secure, port, path, query: query ? decode(query) : {} });
        this._open();
      }`,
      createTransport: `createTransport() {
        const query = Object.assign({}, this.opts.query, { EIO: protocol, transport: "websocket" });
        return new this.opts.transports[0](Object.assign({}, this.opts, { query, socket: this }));
      }`,
      _open: `_open() {
        this.readyState = "opening";
        const transport = this.createTransport();
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
      _onPacket: `_onPacket({ type, data }) {
        if (this.readyState === "closed") return;
        if (type === "open") this.onHandshake(JSON.parse(data));
        else if (type === "message") this.emitReserved("data", data);
        else if (type === "error") this._onError(new Error("server error"));
        else if (type === "ping") {
          this._sendPacket("pong");
          this.emitReserved("ping");
          this._resetPingTimeout();
        }
      }`,
      onHandshake: `onHandshake({ sid, pingInterval, pingTimeout }) {
        this.id = sid;
        this._pingInterval = pingInterval;
        this._pingTimeout = pingTimeout;
        this.onOpen();
        if (this.readyState !== "closed") this._resetPingTimeout();
      }`,
      _sendPacket: `_sendPacket(type, data) {
        if (this.readyState === "closing" || this.readyState === "closed") return;
        this.writeBuffer.push({ type, data });
        this.flush();
      }`,
      write: 'write(data) { this._sendPacket("message", data); }',
      onOpen: `onOpen() {
        this.readyState = "open";
        this.emitReserved("open");
        this.flush();
      }`,
      _probe: none,
      send: none,
      _filterUpgrades: none,
      _getWritablePackets: "_getWritablePackets() { return this.writeBuffer; }",
    },
    // The network's comings and goings are the client's own matter.
    cut: [
      /^ {4}\/\* private \*\/ _hasPingExpired[\s\S]*?^ {4}\}$/m,
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
  "contrib/backo2.js": absentClass("Backoff"),
  "manager.js": {
    methods: {
      constructor: `constructor(uri, opts) {
        super();
        this.nsps = {};
        this.subs = [];
        this.opts = opts;
        this.uri = uri;
        this._readyState = "closed";
        this.encoder = new parser.Encoder();
        this.decoder = new parser.Decoder();
        this.open();
      }`,
      open: `open() {
        if (this._readyState !== "closed") return;
        this._readyState = "opening";
        this.engine = new Engine(this.uri, this.opts);
        const failed = (error) => {
          this.cleanup();
          this._readyState = "closed";
          this.emitReserved("error", error);
        };
        this.subs.push(on(this.engine, "open", () => this.onopen()), on(this.engine, "error", failed));
      }`,
      ondecoded: 'ondecoded(packet) { nextTick(() => this.emitReserved("packet", packet)); }',
      socket: "socket(nsp, opts) { return (this.nsps[nsp] = new Socket(this, nsp, opts)); }",
      onclose: `onclose(reason, description) {
        this.cleanup();
        this.engine.close();
        this._readyState = "closed";
        this.emitReserved("close", reason, description);
      }`,
      _close: '_close() { this.onclose("forced close"); }',
      timeout: none,
      reconnection: none,
      reconnectionAttempts: none,
      reconnectionDelay: none,
      reconnectionDelayMax: none,
      randomizationFactor: none,
      maybeReconnectOnOpen: none,
      reconnect: none,
      onreconnect: none,
      connect: none,
      disconnect: none,
    },
  },
  "socket.js": {
    methods: {
      constructor: `constructor(io, nsp, { auth }) {
        super();
        this.connected = false;
        this.receiveBuffer = [];
        this.sendBuffer = [];
        this.ids = 0;
        this.acks = {};
        this.io = io;
        this.nsp = nsp;
        this.auth = auth;
        this._anyListeners = [];
        this.open();
      }`,
      emit: `emit(event, ...args) {
        const packet = { type: PacketType.EVENT, data: [event, ...args] };
        if (typeof args[args.length - 1] === "function") {
          packet.id = this.ids++;
          this.acks[packet.id] = packet.data.pop();
        }
        if (this.connected) this.packet(packet);
        else this.sendBuffer.push(packet);
      }`,
      onpacket: `onpacket(packet) {
        const { type, nsp, data } = packet;
        if (nsp !== this.nsp) return;
        if (type === PacketType.EVENT) this.onevent(packet);
        else if (type === PacketType.ACK) this.onack(packet);
        else if (type === PacketType.DISCONNECT) this.ondisconnect();
        else if (type === PacketType.CONNECT && data && data.sid) this.onconnect(data.sid);
        else if (type === PacketType.CONNECT_ERROR || type === PacketType.CONNECT) {
          this.destroy();
          this.emitReserved("connect_error", data || {});
        }
      }`,
      onack: `onack({ id, data }) {
        const ack = this.acks[id];
        delete this.acks[id];
        if (ack) ack.apply(this, data);
      }`,
      onconnect: `onconnect(id) {
        this.id = id;
        this.connected = true;
        this.emitBuffered();
        this.emitReserved("connect");
      }`,
      // The client listens by name to Socket.IO's own events only, and those come from elsewhere.
      emitEvent:
        "emitEvent(args) { for (const listener of this._anyListeners.slice()) listener.apply(this, args); }",
      emitBuffered: `emitBuffered() {
        const { receiveBuffer, sendBuffer } = this;
        this.receiveBuffer = [];
        this.sendBuffer = [];
        receiveBuffer.forEach((args) => this.emitEvent(args));
        sendBuffer.forEach((packet) => this.packet(packet));
      }`,
      onAny: "onAny(listener) { this._anyListeners.push(listener); }",
      _sendConnectPacket: "_sendConnectPacket(data) { this.packet({ type: PacketType.CONNECT, data }); }",
      _clearAcks: noop("_clearAcks"),
      _registerAckCallback: none,
      _addToQueue: none,
      _drainQueue: none,
      notifyOutgoingListeners: none,
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
    cut: [/^const RESERVED_EVENTS = [^;]*;$/m],
  },
};

const messageParser: { [path: string]: Change } = {
  // Hosts have no Blob and no File, but buffers of another realm.
  "is-binary.js": {
    file: `
      export const isBinary = (value) =>
        ArrayBuffer.isView(value) || Object.prototype.toString.call(value) === "[object ArrayBuffer]";
      export const hasBinary = (value) =>
        isBinary(value) ||
        (!!value && typeof value === "object" && Object.keys(value).some((key) => hasBinary(value[key])));`,
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
  "socket.io-parser": messageParser,
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
