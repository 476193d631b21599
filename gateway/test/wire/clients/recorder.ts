import { vi } from "vitest";
import type { ErrorBody, Message, Welcome } from "../../../src/protocol/events.ts";

/** What Socket.IO's clients have in common, from version 3 on and in whatever realm they run. */
export interface AnySocket {
  readonly id?: string | undefined;
  readonly connected: boolean;
  on(event: string, listener: (argument: unknown) => void): unknown;
  onAny(listener: (event: string, payload: unknown) => void): unknown;
  emit(event: string, payload: unknown, acknowledge?: (reply: unknown) => void): unknown;
  disconnect(): unknown;
}

type Payload = Record<string, unknown>;

/** Keeps what a client is sent and told, in order. */
export class Recorder {
  readonly socket: AnySocket;
  readonly received: { event: string; payload: Payload }[] = [];
  /** The `data` of each `connect_error`; undefined where the client could only say that it failed. */
  readonly refusals: (ErrorBody | undefined)[] = [];
  /** Why it was disconnected, each time. */
  readonly disconnects: unknown[] = [];

  constructor(socket: AnySocket) {
    this.socket = socket;
    socket.onAny((event, payload) => this.received.push({ event, payload: payload as Payload }));
    socket.on("connect_error", (error) => this.refusals.push((error as { data?: ErrorBody }).data));
    socket.on("disconnect", (reason) => this.disconnects.push(reason));
  }

  request<Reply = Payload>(event: string, payload: unknown): Promise<Reply> {
    return new Promise((resolve) =>
      this.socket.emit(event, payload, (reply) => {
        resolve(reply as Reply);
      }),
    );
  }

  of(event: string): Payload[] {
    return this.received.filter((entry) => entry.event === event).map(({ payload }) => payload);
  }

  messages(channel: string): Message[] {
    return (this.of("message") as unknown as Message[]).filter((message) => message.channel === channel);
  }

  async next(event: string, count = 1): Promise<Payload> {
    await until(() => this.of(event).length >= count);
    return this.of(event)[count - 1] ?? {};
  }

  /** @param count which of its welcomes */
  async welcome(count = 1): Promise<Welcome> {
    return (await this.next("welcome", count)) as unknown as Welcome;
  }
}

/** Waits for the condition, whatever it takes. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(condition, { timeout: 15_000, interval: 5 });
}
