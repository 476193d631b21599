import type { ErrorBody, Welcome } from "../../src/protocol.ts";
import { MemoryNetwork, type Network, type Peer } from "../../testing/index.ts";

export interface Handshake {
  token?: string;
  code?: string;
  platform?: string;
  resume: { channel: string; since?: string }[];
}

/** What a handshake is answered with: a welcome, a refusal, or a close without a word. */
export type Answer = { welcome: Partial<Welcome> } | { refusal: ErrorBody } | "close";

export type Reply = object | undefined;

/** A gateway in memory that does as a test says, for what a real one does not do on demand. */
export class ScriptedGateway {
  readonly network: Network;
  readonly handshakes: Handshake[] = [];
  /** Requests that came with an acknowledgement, in order. */
  readonly requests: { event: string; payload: unknown }[] = [];
  /** Answers handshakes, in order; the last one goes on answering. */
  answers: Answer[] = [{ welcome: {} }];
  /** Answers requests; undefined says nothing. */
  reply: (event: string, payload: unknown) => Reply = () => ({ ok: true });
  readonly #memory: MemoryNetwork;

  constructor() {
    this.#memory = new MemoryNetwork((peer) => this.#accept(peer));
    this.network = this.#memory.connect;
  }

  /** The newest connection. */
  get peer(): Peer {
    const peer = this.#memory.peers.at(-1);
    if (!peer) throw new Error("Nobody has connected.");
    return peer;
  }

  get open(): number {
    return this.#memory.peers.filter(({ closed }) => !closed).length;
  }

  emit(event: string, payload: object): void {
    this.peer.send(`42${JSON.stringify([event, payload])}`);
  }

  #accept(peer: Peer): void {
    peer.onMessage = (data) => this.#receive(peer, String(data));
    peer.accept();
    const open = { sid: "sid", upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 65_536 };
    peer.send(`0${JSON.stringify(open)}`);
  }

  #receive(peer: Peer, frame: string): void {
    if (frame.startsWith("40")) {
      this.handshakes.push(JSON.parse(frame.slice(2) || "{}") as Handshake);
      this.#answer(peer);
      return;
    }
    const match = /^42(\d+)(.*)$/s.exec(frame);
    if (!match) return;
    const [event, payload] = JSON.parse(match[2] ?? "[]") as [string, unknown];
    this.requests.push({ event, payload });
    const reply = this.reply(event, payload);
    if (reply) peer.send(`43${match[1]}${JSON.stringify([reply])}`);
  }

  #answer(peer: Peer): void {
    const answer = (this.answers.length > 1 ? this.answers.shift() : this.answers[0]) ?? "close";
    if (answer === "close") peer.close(1006);
    else if ("refusal" in answer) {
      peer.send(`44${JSON.stringify({ message: answer.refusal.message, data: answer.refusal })}`);
    } else {
      peer.send('40{"sid":"socket"}');
      const basis = { connection: "c", user: "ann", node: "n", time: Date.now(), channels: [] };
      peer.send(`42${JSON.stringify(["welcome", { ...basis, ...answer.welcome }])}`);
    }
  }
}
