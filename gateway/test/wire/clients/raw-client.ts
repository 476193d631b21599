import { once } from "node:events";
import { WebSocket } from "ws";
import { until } from "./recorder.ts";

/** WebSocket frames and nothing above them. */
export class RawClient {
  readonly socket: WebSocket;
  /** What arrived, in order: text frames as strings, binary ones as buffers. */
  readonly frames: (string | Buffer)[] = [];

  static async open(url: string): Promise<RawClient> {
    const client = new RawClient(url);
    await once(client.socket, "open");
    return client;
  }

  private constructor(url: string) {
    this.socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    this.socket.on("message", (data: Buffer, isBinary) => {
      this.frames.push(isBinary ? data : data.toString());
    });
  }

  get closed(): boolean {
    return this.socket.readyState === WebSocket.CLOSED;
  }

  /** Sends the frames one after the other, without waiting for anything. */
  send(...frames: (string | Uint8Array)[]): void {
    for (const frame of frames) this.socket.send(frame);
  }

  /** The frame at this place, once it is there. */
  async frame(index: number): Promise<string | Buffer> {
    await until(() => this.frames.length > index);
    return this.frames[index] ?? "";
  }

  /** The first text frame that begins so, once it is there. */
  async starting(start: string): Promise<string> {
    const find = () => this.frames.find((frame) => typeof frame === "string" && frame.startsWith(start));
    await until(() => find() !== undefined);
    return String(find());
  }

  close(): void {
    this.socket.terminate();
  }
}
