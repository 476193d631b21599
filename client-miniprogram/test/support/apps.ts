import type { Gateway } from "../../../gateway/test/support/gateway.ts";
import type { Channel, ConnectOptions, Message, Tide } from "../../src/index.ts";
import { ManualClock, Phone, type PhoneOptions } from "../../testing/index.ts";
import { connectOn } from "./clients.ts";

export interface App {
  phone: Phone;
  clock: ManualClock;
  tide: Tide;
  /** The states that the client went through. */
  states: string[];
}

const opened: App[] = [];

/** A mini-program on a simulated phone, connected to a gateway. Its time is the clock's. */
export function startApp(
  url: string,
  options: ConnectOptions = {},
  phoneOptions: PhoneOptions & { clock?: ManualClock } = {},
): App {
  const clock = phoneOptions.clock ?? new ManualClock();
  const phone = new Phone({ ...phoneOptions, clock });
  const tide = connectOn(phone, url, options);
  const states: string[] = [];
  tide.on("state", (state) => states.push(state));
  const app = { phone, clock, tide, states };
  opened.push(app);
  return app;
}

/** The gateway's WebSocket address. */
export function addressOf(gateway: Pick<Gateway, "url">): string {
  return gateway.url.replace("http", "ws");
}

export function stopApps(): void {
  for (const { tide, phone } of opened.splice(0)) {
    tide.close();
    phone.turnOff();
  }
}

/** What a page saw of a channel, in order: the messages' data, and `reset`. */
export function record<Data>(channel: Channel<Data>): (Data | "reset")[] {
  const seen: (Data | "reset")[] = [];
  channel.on("message", ({ data }: Message<Data>) => seen.push(data));
  channel.on("reset", () => seen.push("reset"));
  return seen;
}

/** Publishes as a backend: at most 1,000 at once. */
export async function publishAll(gateway: Gateway, channel: string, data: readonly unknown[]): Promise<void> {
  const operations = data.map((item) => ({ publish: { channel, data: item } }));
  const { body } = await gateway.call("POST", "/v1/batch", { operations });
  const results = body.results as { error?: unknown }[];
  const failed = results.filter(({ error }) => error !== undefined);
  if (failed.length > 0) throw new Error(`The publications were answered with ${JSON.stringify(failed)}.`);
}

export function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
