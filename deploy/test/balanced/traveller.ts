import { Backoff } from "../../../client-miniprogram/src/backoff.ts";
import { RawClient } from "../../bench/load/client.ts";
import { signToken } from "../../bench/load/token.ts";
import { secret } from "./node.ts";

interface Message {
  position?: string;
}

interface SubscribeReply {
  ok: boolean;
  channel: string;
  position?: string;
  recovered?: boolean;
  messages: Message[];
  more?: boolean;
}

interface Event {
  position?: string;
  channels?: SubscribeReply[];
  after?: number;
  error?: { code: string };
}

/** One try to connect, up to its answer; in milliseconds of the clock that tests read. */
export interface Attempt {
  asked: number;
  answered: number;
  /** Let in, refused for the rate of handshakes, or turned away otherwise. */
  outcome: "in" | "rate" | "other";
}

/** That a client came back; in milliseconds. */
export interface Return {
  /** When it was to try, by what it was told or drew last. */
  due: number;
  welcome: number;
  /** Whether it was refused before. */
  refused: boolean;
}

/** Of Engine.IO, in which those of Socket.IO are. */
const message = "4".charCodeAt(0);
const connected = "0";
const event = "2";
const answered = "3";

/**
 * A client of one channel that comes back as the mini-program client does: at the time that a goodbye names, else with
 * full jitter. It keeps its position, resumes from it, and checks that every message follows the one before.
 */
export class Traveller {
  readonly channel: string;
  /** Of its last message. */
  position: string | undefined;
  /** Times at which it was welcomed, in milliseconds; the first is no reconnect. */
  readonly welcomes: number[] = [];
  readonly attempts: Attempt[] = [];
  readonly returns: Return[] = [];
  received = 0;
  /** Messages that did not follow the one before, and histories that no longer reached back. */
  lost = 0;
  doubled = 0;
  online = false;
  /** Sends what was not acknowledged again, once it is back. */
  onWelcome: () => void = () => {};
  onAnswer: (id: number, answer: { ok: boolean; position?: string }) => void = () => {};
  readonly #port: number;
  readonly #token: string;
  readonly #backoff = new Backoff();
  #client: RawClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #after: number | undefined;
  #due = 0;
  #tries = 0;
  #stopped = false;

  constructor(port: number, user: string, channel: string) {
    this.#port = port;
    this.#token = signToken(secret, user);
    this.channel = channel;
  }

  connect(): void {
    const asked = performance.now();
    const note = (outcome: Attempt["outcome"]) =>
      this.attempts.push({ asked, answered: performance.now(), outcome });
    RawClient.open(this.#port).then(
      (client) => {
        note("in");
        this.#open(client);
      },
      (error: Error) => {
        note(error.message.includes('"rate_limited"') ? "rate" : "other");
        this.#comeBack();
      },
    );
  }

  /** @param id of the acknowledgement */
  request(id: number, name: string, payload: object): void {
    if (this.online) this.#client?.send(`42${id}${JSON.stringify([name, payload])}`);
  }

  /** Loses its connection; it comes back by itself. */
  drop(): void {
    this.#client?.destroy();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#client?.destroy();
  }

  #open(client: RawClient): void {
    if (this.#stopped) {
      client.destroy();
      return;
    }
    this.#client = client;
    client.onClose = () => this.#comeBack();
    // Before the packet stands the type of Engine.IO; its own opening comes by itself where a proxy cuts it off the upgrade.
    client.onMessage = (chunk, start, end) => {
      if (chunk[start] === message) this.#receive(chunk.toString("utf8", start + 1, end));
    };
    const since = this.position;
    const resume = [since === undefined ? { channel: this.channel } : { channel: this.channel, since }];
    client.send(`40${JSON.stringify({ token: this.#token, resume })}`);
  }

  #comeBack(): void {
    this.online = false;
    this.#client = undefined;
    if (this.#stopped) return;
    const wait = this.#after ?? this.#backoff.next();
    this.#after = undefined;
    this.#due = performance.now() + wait;
    this.#tries += 1;
    this.#timer = setTimeout(() => this.connect(), wait);
  }

  #receive(packet: string): void {
    if (packet.startsWith(connected)) return;
    const body = packet.indexOf("[");
    if (packet.startsWith(answered)) {
      const [answer] = JSON.parse(packet.slice(body)) as [{ ok: boolean; position?: string }];
      this.onAnswer(Number(packet.slice(1, body)), answer);
      return;
    }
    if (!packet.startsWith(event)) throw new Error(`unexpected packet ${packet.slice(0, 100)}`);
    const [name, payload] = JSON.parse(packet.slice(body)) as [string, Event];
    if (name === "message") this.#take(payload);
    else if (name === "welcome") this.#welcomed(payload.channels ?? []);
    else if (name === "goodbye") this.#after = payload.after;
    else throw new Error(`unexpected event ${packet.slice(0, 200)}`);
  }

  #welcomed(replies: readonly SubscribeReply[]): void {
    const reply = replies.find(({ channel }) => channel === this.channel);
    if (!reply?.ok || reply.more) throw new Error(`not subscribed: ${JSON.stringify(reply)}`);
    if (this.position === undefined) this.position = reply.position;
    else if (reply.recovered !== true) this.lost += 1;
    for (const message of reply.messages) this.#take(message);
    this.#backoff.reset();
    const now = performance.now();
    this.welcomes.push(now);
    if (this.welcomes.length > 1)
      this.returns.push({ due: this.#due, welcome: now, refused: this.#tries > 1 });
    this.#tries = 0;
    this.online = true;
    this.onWelcome();
  }

  #take({ position = "" }: Message): void {
    const [epoch, offset] = split(position);
    const [lastEpoch, last] = split(this.position ?? "");
    this.received += 1;
    if (epoch === lastEpoch && offset <= last) this.doubled += 1;
    else if (epoch !== lastEpoch || offset !== last + 1) this.lost += 1;
    this.position = position;
  }
}

function split(position: string): [epoch: string, offset: number] {
  const at = position.indexOf(":");
  return [position.slice(0, at), Number(position.slice(at + 1))];
}
