import { io, type Socket } from "socket.io-client";
import { vi } from "vitest";
import type { Message, Welcome } from "../../src/protocol/events.ts";
import type { Gateway } from "./gateway.ts";

/** Every event that a client was sent, in order. */
export interface Received {
  event: string;
  payload: Record<string, unknown>;
}

/** The official client, with a record of what it was sent. */
export class TestClient {
  readonly socket: Socket;
  readonly received: Received[] = [];

  constructor(url: string, auth: object) {
    this.socket = io(url, { transports: ["websocket"], forceNew: true, auth, reconnectionDelay: 20 });
    this.socket.onAny((event: string, payload: Record<string, unknown>) => {
      this.received.push({ event, payload });
    });
  }

  request<Reply = Record<string, unknown>>(event: string, payload: unknown): Promise<Reply> {
    return this.socket.timeout(10_000).emitWithAck(event, payload);
  }

  of(event: string): Record<string, unknown>[] {
    return this.received.filter((entry) => entry.event === event).map(({ payload }) => payload);
  }

  messages(channel: string): Message[] {
    return (this.of("message") as unknown as Message[]).filter((message) => message.channel === channel);
  }

  async next(event: string, count = 1): Promise<Record<string, unknown>> {
    const payloads = await vi.waitUntil(() => (this.of(event).length >= count ? this.of(event) : undefined), {
      timeout: 15_000,
      interval: 5,
    });
    return payloads[count - 1] ?? {};
  }

  close(): void {
    this.socket.disconnect();
  }
}

/** Connects as the user and waits for the welcome. */
export async function connect(
  gateway: Gateway,
  user: string,
  auth: object = {},
): Promise<TestClient & { welcome: Welcome }> {
  const client = new TestClient(gateway.url, { token: await gateway.token(user), ...auth });
  const welcome = (await client.next("welcome")) as unknown as Welcome;
  return Object.assign(client, { welcome });
}
