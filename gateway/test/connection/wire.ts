import type { Wire } from "../../src/connection/connection.ts";
import { Json } from "../../src/protocol/json.ts";

/** A wire that keeps what it was given, JSON that is already written as what it says. */
export class FakeWire implements Wire {
  readonly id: string;
  readonly address = "203.0.113.7";
  readonly agent = "test";
  heard = 0;
  readonly sent: { event: string; payload: unknown }[] = [];
  /** How it was ended, where it was. */
  ended: "close" | "disconnect" | undefined;

  full = false;
  #resume: (() => void) | undefined;

  constructor(id: string) {
    this.id = id;
  }

  send(event: string, payload: object): void {
    this.sent.push({ event, payload: payload instanceof Json ? JSON.parse(payload.text) : payload });
  }

  whenDrained(resume: () => void): void {
    this.#resume = resume;
  }

  /** The client has taken what it was sent. */
  drain(): void {
    this.full = false;
    this.#resume?.();
  }

  close(): void {
    this.ended = "close";
  }

  disconnect(): void {
    this.ended = "disconnect";
  }

  /** The payloads of one event. */
  of(event: string): unknown[] {
    return this.sent.filter((entry) => entry.event === event).map(({ payload }) => payload);
  }
}
