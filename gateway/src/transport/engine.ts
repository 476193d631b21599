import { Server, type Socket } from "engine.io";
import type { OutletLimits } from "../fanout/outlet.ts";
import { type EngineRequest, WebSocketTransport } from "./websocket.ts";

export interface EngineOptions {
  /** Bytes of one incoming message. */
  maxPayload: number;
  /** Milliseconds. */
  pingInterval: number;
  /** Milliseconds. */
  pingTimeout: number;
  outlets: OutletLimits;
}

/** The Engine.IO server: WebSocket only, uncompressed, with our transport. */
export class Engine extends Server {
  readonly #outlets: OutletLimits;

  constructor(options: EngineOptions) {
    super({
      transports: ["websocket"],
      allowUpgrades: false,
      perMessageDeflate: false,
      maxHttpBufferSize: options.maxPayload,
      pingInterval: options.pingInterval,
      pingTimeout: options.pingTimeout,
    });
    this.#outlets = options.outlets;
  }

  protected override createTransport(_name: string, request: EngineRequest): WebSocketTransport {
    return new WebSocketTransport(request, this.#outlets);
  }
}

/** @returns undefined once the connection has another transport than ours. */
export function transportOf(connection: Socket | undefined): WebSocketTransport | undefined {
  const transport = connection?.transport;
  return transport instanceof WebSocketTransport ? transport : undefined;
}
