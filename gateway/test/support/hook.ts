import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { Webhook } from "standardwebhooks";

/** A secret of tests. */
export const hookSecret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

/** What a backend was sent. */
export interface HookRequest {
  path: string;
  headers: IncomingHttpHeaders;
  /** As the Standard Webhooks library has verified it. */
  body: Record<string, unknown> & { id: string; type: string; hook: string };
  /** How many requests the connection has carried, this one included. */
  nth: number;
}

/**
 * What a backend does: an answer, a status with headers and a text, silence, or an end of the connection, after some
 * bytes where those are given.
 */
export type HookAnswer =
  | { answer: unknown }
  | { status: number; headers?: Record<string, string>; text?: string }
  | "silence"
  | "end"
  | { end: string };

export type Handler = (request: HookRequest) => HookAnswer | Promise<HookAnswer>;

interface HookStandInOptions {
  secret?: string;
  /** Speaks TLS. */
  tls?: { cert: string; key: string };
  port?: number;
}

/** Stands in for a backend that is asked or told. It verifies each request with the Standard Webhooks library. */
export class HookStandIn {
  readonly requests: HookRequest[] = [];
  /** Requests that the library did not take. */
  readonly unverified: unknown[] = [];
  /** Connections that were opened. */
  connections = 0;
  handle: Handler;
  readonly #server: Server;
  readonly #tls: boolean;
  readonly #webhook: Webhook;
  readonly #carried = new WeakMap<Socket, number>();

  private constructor(handle: Handler, { secret = hookSecret, tls }: HookStandInOptions) {
    this.handle = handle;
    this.#tls = tls !== undefined;
    this.#webhook = new Webhook(secret);
    const serve = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    this.#server = tls ? createTlsServer(tls, serve) : createServer(serve);
    this.#server.keepAliveTimeout = 0;
    this.#server.on("connection", () => this.connections++);
  }

  static async start(
    handle: Handler = () => ({ answer: {} }),
    options: HookStandInOptions = {},
  ): Promise<HookStandIn> {
    const standIn = new HookStandIn(handle, options);
    await new Promise<void>((resolve) => standIn.#server.listen(options.port ?? 0, "127.0.0.1", resolve));
    return standIn;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#tls ? "https://localhost" : "http://127.0.0.1"}:${this.port}/hook`;
  }

  of(type: string): HookRequest["body"][] {
    return this.requests.map(({ body }) => body).filter((body) => body.type === type);
  }

  /** Closes its connections, as a restart does; new ones are accepted. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket, headers, url: path = "" } = request;
    const nth = (this.#carried.get(socket) ?? 0) + 1;
    this.#carried.set(socket, nth);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = this.#verified(Buffer.concat(chunks).toString(), headers);
    const received = { path, headers, body, nth };
    this.requests.push(received);
    const answer = await this.handle(received);
    if (answer === "silence") return;
    if (answer === "end") socket.destroy();
    else if ("end" in answer) socket.end(answer.end);
    else if ("answer" in answer) response.end(JSON.stringify(answer.answer));
    else response.writeHead(answer.status, answer.headers).end(answer.text);
  }

  #verified(text: string, headers: IncomingHttpHeaders): HookRequest["body"] {
    try {
      this.#webhook.verify(text, headers as Record<string, string>);
    } catch (error) {
      this.unverified.push(error);
    }
    return JSON.parse(text);
  }
}
