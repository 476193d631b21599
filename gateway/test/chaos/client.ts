import { setTimeout as sleep } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import type {
  ChannelErrorReply,
  ErrorReply,
  Goodbye,
  Message,
  PublishReply,
  SubscribeReply,
  Unsubscribed,
  Welcome,
} from "../../src/protocol/events.ts";
import { formatPosition } from "../../src/protocol/position.ts";
import type { Dice } from "./dice.ts";
import { Follower } from "./follower.ts";
import type { Log } from "./journal.ts";
import { JsonLine } from "./json-line.ts";

export interface ClientOptions {
  user: string;
  token: string;
  dice: Dice;
  /** Public addresses of nodes that may be there. */
  nodes(): readonly string[];
  isValue(channel: string): boolean;
  /** Whether it speaks JSON arrays in place of Socket.IO. */
  json: boolean;
}

type Line = Socket | JsonLine;

/** Milliseconds in which a request is answered; else the connection is given up, as a mini-program's client does. */
const requestLimit = 6_000;
const connectLimit = 3_000;

function dial(url: string, auth: object): Socket {
  const options = { transports: ["websocket"], forceNew: true, reconnection: false, timeout: connectLimit };
  return io(url, { ...options, auth });
}

/** The official client, or one that speaks JSON arrays, as an app uses it: it comes back to any node with its positions, and asks where it has to. */
export class Client {
  readonly user: string;
  /** What should not happen to a client at all. */
  readonly throttledLog: string[] = [];
  /** Connections that ended without its own doing, those that were still to be welcomed left aside. */
  lostConnections = 0;
  /** When the gateway said goodbye, on the monotonic clock. */
  readonly goodbyes: number[] = [];
  readonly #options: ClientOptions;
  readonly #followers = new Map<string, Follower>();
  readonly #logs: Log[] = [];
  #socket: Line | undefined;
  #wanted = true;
  #welcomed = false;
  /** What the handshake asked for; the client may have left some of it since, or joined it anew. */
  #resumed = new Map<string, Follower>();

  constructor(options: ClientOptions) {
    this.user = options.user;
    this.#options = options;
    this.#connect();
  }

  get logs(): readonly Log[] {
    return this.#logs;
  }

  get connected(): boolean {
    return this.#welcomed;
  }

  /** Whether it wants to be connected. */
  get wanted(): boolean {
    return this.#wanted;
  }

  followers(): Iterable<Follower> {
    return this.#followers.values();
  }

  follows(channel: string): Follower | undefined {
    return this.#followers.get(channel);
  }

  join(channel: string): void {
    if (!this.#followers.has(channel) && this.#welcomed) this.#ask(this.#add(channel));
    else this.#add(channel);
  }

  leave(channel: string): void {
    const follower = this.#followers.get(channel);
    if (!follower) return;
    follower.end();
    this.#followers.delete(channel);
    // Before the welcome nothing is sent, or it would be kept and be sent after it; the welcome puts it right.
    if (this.#welcomed) this.#socket?.emit("unsubscribe", { channel }, () => {});
  }

  /** Loses the connection for so many milliseconds. */
  async away(ms: number): Promise<void> {
    this.#wanted = false;
    this.#drop();
    await sleep(ms);
    this.#wanted = true;
    this.#connect();
  }

  /** @returns the acknowledgement, or undefined where none came */
  async publish(payload: object): Promise<PublishReply | ErrorReply | undefined> {
    const socket = this.#socket;
    if (!socket || !this.#welcomed) return undefined;
    return socket
      .timeout(requestLimit)
      .emitWithAck("publish", payload)
      .catch(() => undefined);
  }

  stop(): void {
    this.#wanted = false;
    this.#drop();
  }

  #add(channel: string): Follower {
    const known = this.#followers.get(channel);
    if (known) return known;
    const follower = new Follower(channel, this.#options.isValue(channel));
    this.#followers.set(channel, follower);
    this.#logs.push({ client: this.user, channel, entries: follower.entries });
    return follower;
  }

  #drop(): void {
    this.#socket?.removeAllListeners().disconnect();
    this.#socket = undefined;
    this.#welcomed = false;
    for (const follower of this.#followers.values()) follower.live = false;
  }

  #connect(): void {
    if (!this.#wanted || this.#socket) return;
    const { nodes, dice, token } = this.#options;
    const url = dice.pick(nodes());
    const resume = [...this.#followers.values()].map(({ channel, last }) => ({
      channel,
      ...(last && { since: formatPosition(last) }),
    }));
    const auth = { token, resume };
    const socket = this.#options.json ? new JsonLine(url, auth, connectLimit) : dial(url, auth);
    this.#socket = socket;
    this.#resumed = new Map(this.#followers);
    socket.on("connect_error", (error: Error & { data?: ErrorReply["error"] }) => {
      if (error.data) this.throttledLog.push(`refused: ${error.data.code}`);
      this.#comeBack(socket);
    });
    socket.on("disconnect", () => {
      if (this.#welcomed) this.lostConnections += 1;
      this.#comeBack(socket);
    });
    this.#listen(socket);
  }

  #listen(socket: Line): void {
    socket.on("welcome", ({ channels }: Welcome) => this.#start(channels));
    socket.on("message", ({ channel, position, id }: Message) =>
      this.#receive(channel, position, id ?? "none"),
    );
    socket.on("position", ({ channel, position }: Message) => this.#receive(channel, position, undefined));
    socket.on("unsubscribed", ({ channel, error }: Unsubscribed) => {
      const follower = this.#followers.get(channel);
      if (!error.retryable) this.throttledLog.push(`${channel} ended: ${error.code}`);
      // While it asks, what has ended is the subscription before: the answer is still under way.
      if (!follower?.live) return;
      if (error.code === "gap") follower.gap();
      this.#ask(follower);
    });
    socket.on("goodbye", ({ code, reconnect }: Goodbye) => {
      this.goodbyes.push(performance.now());
      if (!reconnect) this.throttledLog.push(`sent away: ${code}`);
    });
  }

  #receive(channel: string, position: string | undefined, id: string | undefined): void {
    const follower = this.#followers.get(channel);
    if (follower?.receive(position, id)) this.#ask(follower);
  }

  #comeBack(socket: Line): void {
    if (this.#socket !== socket) return;
    this.#drop();
    setTimeout(() => this.#connect(), this.#options.dice.between(50, 500));
  }

  #start(replies: readonly (SubscribeReply | ChannelErrorReply)[]): void {
    this.#welcomed = true;
    const settled = new Set<Follower>();
    for (const reply of replies) {
      const asked = this.#resumed.get(reply.channel) ?? this.#add(reply.channel);
      if (this.#followers.get(reply.channel) === asked) {
        settled.add(asked);
        this.#take(asked, reply);
      } else if (!this.#followers.has(reply.channel)) {
        this.#socket?.emit("unsubscribe", { channel: reply.channel }, () => {});
      }
    }
    for (const follower of this.#followers.values()) if (!settled.has(follower)) this.#ask(follower);
  }

  #ask(follower: Follower): void {
    const socket = this.#socket;
    const { channel, last } = follower;
    follower.live = false;
    if (!socket || this.#followers.get(channel) !== follower) return;
    const request = { channel, ...(last && { since: formatPosition(last) }) };
    // A promise would be late: what follows the reply in one read is handed out before it is resumed.
    const answer = (error: Error | null, reply: SubscribeReply | ErrorReply) => {
      if (error) this.#comeBack(socket);
      else if (this.#socket === socket && this.#followers.get(channel) === follower)
        this.#take(follower, reply);
    };
    socket.timeout(requestLimit).emit("subscribe", request, answer);
  }

  #take(follower: Follower, reply: SubscribeReply | ErrorReply): void {
    if (reply.ok) {
      if (follower.settle(reply)) this.#ask(follower);
      return;
    }
    if (!reply.error.retryable) this.throttledLog.push(`${follower.channel}: ${reply.error.code}`);
    const socket = this.#socket;
    const again = () => (this.#socket === socket ? this.#ask(follower) : undefined);
    setTimeout(again, this.#options.dice.between(100, 400));
  }
}
