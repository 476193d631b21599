import { transports } from "engine.io";
import { binaryFrame, textFrame } from "../fanout/frame.ts";
import { type Outlet, type OutletLimits, SocketOutlet } from "../fanout/outlet.ts";

export type EngineRequest = ConstructorParameters<typeof transports.websocket>[0];
type EnginePackets = Parameters<InstanceType<typeof transports.websocket>["send"]>[0];

/**
 * Engine.IO's WebSocket transport with its own way out. Everything that a connection is sent, by the engine
 * and by the fan-out, goes through one outlet in the order of the calls, so no queue can overtake another.
 * What a peer does not read waits in the TCP socket alone, where it can be counted.
 */
export class WebSocketTransport extends transports.websocket implements Outlet {
  /** The peer did not keep up and was dropped. */
  slow = false;
  readonly #outlet: SocketOutlet;

  constructor(request: EngineRequest, limits: OutletLimits) {
    super(request);
    this.#outlet = new SocketOutlet(request.socket, limits, () => {
      this.slow = true;
      request.socket.destroy();
    });
  }

  get unsent(): number {
    return this.#outlet.unsent;
  }

  write(frames: Buffer): void {
    this.#outlet.write(frames);
  }

  override send(packets: EnginePackets): void {
    for (const packet of packets) {
      this.parser.encodePacket(packet, this.supportsBinary, (data) => this.write(frameOf(data)));
    }
    this.emit("drain");
  }
}

function frameOf(data: string | Uint8Array): Buffer {
  return typeof data === "string" ? textFrame(data) : binaryFrame(data);
}
