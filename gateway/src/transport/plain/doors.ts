import { Failure } from "../../errors.ts";
import type { CloseReason } from "../../meter.ts";
import type { Sessions } from "../clients.ts";
import { type Accepted, admit, noteRefusal } from "../handshake.ts";
import type { Opened } from "../websocket.ts";
import { JsonSocket } from "./json-socket.ts";
import type { Members } from "./members.ts";
import type { PlainSocket } from "./plain-socket.ts";
import { channelOf, credentialsOf } from "./request.ts";
import { TextSocket } from "./text-socket.ts";

export interface PlainDoorsOptions extends Sessions {
  /** A connection that has sent no `connect` ends for what its client did, or did not do. */
  onConnectMissing(failure: Failure, request: Opened["request"]): void;
  members: Members;
  /** Has the engine keep a connection. */
  keep(socket: PlainSocket): void;
  /** Bytes of each message from a client. */
  onReceived(bytes: number): void;
  /** Milliseconds from the WebSocket's opening in which a client has connected. */
  connectTimeout: number;
  /** Milliseconds of silence after which a client that has sent `ping` counts as gone. */
  silence: number;
  /** The channel of `/ws` without one in the path. */
  textChannel: string | undefined;
}

/**
 * Lets in clients that speak no Socket.IO: `/json` and `/ws`. What they may do, and what becomes of them, is the same as
 * for all others; only how it is said differs, which the sockets know.
 */
export class PlainDoors {
  readonly #options: PlainDoorsOptions;

  constructor(options: PlainDoorsOptions) {
    this.#options = options;
  }

  get members(): Members {
    return this.#options.members;
  }

  get dispatcher(): Sessions["dispatcher"] {
    return this.#options.dispatcher;
  }

  get lifecycle(): Sessions["lifecycle"] {
    return this.#options.lifecycle;
  }

  get maxDepth(): number {
    return this.#options.maxDepth;
  }

  get connectTimeout(): number {
    return this.#options.connectTimeout;
  }

  get silence(): number {
    return this.#options.silence;
  }

  addressOf(request: Opened["request"]): string {
    return this.#options.addressOf(request);
  }

  onReceived(bytes: number): void {
    this.#options.onReceived(bytes);
  }

  /** A client of JSON arrays says who it is before anything else; of one of text, its upgrade has said all. */
  accept(dialect: "json" | "text", opened: Opened): void {
    if (dialect === "json") this.#options.keep(new JsonSocket(opened, this));
    else this.#acceptText(opened);
  }

  #acceptText(opened: Opened): void {
    const { keep, textChannel } = this.#options;
    const { request } = opened;
    const channel = channelOf(request.url, textChannel);
    const isChannel = typeof channel === "string";
    const socket = new TextSocket(opened, this, isChannel ? channel : "");
    keep(socket);
    if (isChannel) this.letIn(socket, credentialsOf(request, {}), channel);
    else this.#refuse(socket, channel);
  }

  /** Finds out who a client is, and opens its connection. @param auth as the protocol's handshake has it */
  letIn(socket: PlainSocket, auth: unknown, bound?: string): void {
    const { id, request } = socket;
    if (!request) return;
    const started = performance.now();
    admit({ id, handshake: { auth }, request }, this.#options).then(
      (accepted) => this.#open(socket, { ...accepted, started }, bound),
      (thrown: unknown) => this.#refuse(socket, Failure.of(thrown)),
    );
  }

  /** Reports why a connection ends whose client has not asked to be let in. */
  missConnect({ request, connection }: PlainSocket, failure: Failure): void {
    if (request && !connection) this.#options.onConnectMissing(failure, request);
  }

  /** The connection has ended. */
  left(socket: PlainSocket, reason: CloseReason): void {
    const { members, lifecycle } = this.#options;
    members.remove(socket);
    if (socket.connection) lifecycle.closed(socket.connection, reason);
  }

  #open(socket: PlainSocket, accepted: Accepted & { started: number }, bound: string | undefined): void {
    // It has gone while it was found out who it is.
    if (socket.gone) return;
    const { identity, resume, started } = accepted;
    const { members, lifecycle } = this.#options;
    members.add(socket);
    const connection = lifecycle.open(socket, identity, (performance.now() - started) / 1_000, bound);
    socket.connection = connection;
    // Neither the token nor the headers are needed any more.
    socket.request = undefined;
    lifecycle.welcome(connection, resume);
  }

  #refuse(socket: PlainSocket, failure: Failure): void {
    const { request } = socket;
    if (!request) return;
    noteRefusal(request, failure, this.#options);
    socket.refused(failure.code, failure.message, failure.retryable);
  }
}
