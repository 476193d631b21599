/** What a phone's socket hears of its connection. */
export interface WireEvents {
  open(): void;
  message(data: string | ArrayBuffer): void;
  /** The last event. */
  close(code: number, reason: string): void;
  /** The last event, in place of `close`. */
  error(message: string): void;
}

export interface Wire {
  send(data: string | ArrayBuffer): void;
  close(code: number, reason: string): void;
}

/** What the app asks of a connection beside its address. */
export interface DialOptions {
  /** Headers of the upgrade request. */
  header?: Record<string, string>;
  /** Subprotocols. */
  protocols?: string[];
}

/** Opens connections for phones. It reports the opening and the end after the call, never within it. */
export type Network = (url: string, events: WireEvents, options?: DialOptions) => Wire;

/** Real WebSockets, of the runtime that the tests run in. A browser's sends no headers of the app. */
export const internet: Network = (url, events, { header, protocols = [] } = {}) => {
  // The types of browsers know no headers.
  const socket = new WebSocket(url, (header ? { headers: header, protocols } : protocols) as string[]);
  socket.binaryType = "arraybuffer";
  let opened = false;
  socket.onopen = () => {
    opened = true;
    events.open();
  };
  socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => events.message(data);
  socket.onclose = ({ code, reason }) => {
    if (opened) events.close(code, reason);
    else events.error("exception onOpen fail code:20, msg:Invalid HTTP status");
  };
  return {
    send: (data) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
    close: (code, reason) => socket.close(code, reason),
  };
};

/** The far end of a connection in memory. */
export class Peer {
  readonly url: string;
  /** What the phone has sent so far. */
  readonly received: (string | ArrayBuffer)[] = [];
  onMessage: (data: string | ArrayBuffer) => void = () => {};
  closed = false;
  readonly #events: WireEvents;

  constructor(url: string, events: WireEvents) {
    this.url = url;
    this.#events = events;
  }

  accept(): void {
    this.#events.open();
  }

  refuse(message: string): void {
    this.closed = true;
    this.#events.error(message);
  }

  send(data: string | ArrayBuffer): void {
    if (!this.closed) this.#events.message(data);
  }

  close(code = 1000, reason = ""): void {
    if (this.closed) return;
    this.closed = true;
    this.#events.close(code, reason);
  }

  /** For the network: the phone sent this. */
  take(data: string | ArrayBuffer): void {
    this.received.push(data);
    this.onMessage(data);
  }
}

/** Connections that end in the test itself. */
export class MemoryNetwork {
  /** All connections so far, the newest last. */
  readonly peers: Peer[] = [];
  #arrived: ((peer: Peer) => void) | undefined;

  /** @param arrived is called for each connection, which it accepts or refuses; accepts where absent */
  constructor(arrived?: (peer: Peer) => void) {
    this.#arrived = arrived;
  }

  readonly connect: Network = (url, events) => {
    const peer = new Peer(url, events);
    this.peers.push(peer);
    queueMicrotask(() => {
      if (peer.closed) return;
      if (this.#arrived) this.#arrived(peer);
      else peer.accept();
    });
    return {
      send: (data) => peer.take(data),
      close: (code, reason) => queueMicrotask(() => peer.close(code, reason)),
    };
  };
}
