import { absentClass, type Change, type Changes, none } from "./change.ts";

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

export const engine: Changes = {
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

export const engineParser: Changes = {
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
