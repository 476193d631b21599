import { absentClass, type Changes, none, noop } from "./change.ts";

export const client: Changes = {
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

export const clientParser: Changes = {
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

export const emitter: Changes = {
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
