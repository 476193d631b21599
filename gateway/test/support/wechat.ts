import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a code comes to: a user, WeChat's errcode, another HTTP status, a text, no answer, or a cut connection. */
export type WeChatAnswer =
  | { openid: string; unionid?: string }
  | { errcode: number }
  | { status: number }
  | { text: string }
  | "silence"
  | "reset";

export interface WeChatRequest {
  path: string;
  appid: string;
  secret: string;
  code: string;
  grant: string;
}

/** The `session_key` of every answer; nobody may read it anywhere. */
export const sessionKey = "planted-session-key-tiihtNczf5v6AKRyjwEUhQ==";

/** Stands in for WeChat's API: codes are used once, and the apps' secrets are looked at. */
export class WeChatStandIn {
  readonly apps: Record<string, string>;
  readonly requests: WeChatRequest[] = [];
  /** Answers a code in place of the stand-in's own ways. */
  answer: (code: string) => WeChatAnswer | undefined = () => undefined;
  /** What every answer waits for. */
  gate: Promise<unknown> = Promise.resolve();
  readonly #server: Server;
  readonly #used = new Set<string>();

  private constructor(apps: Record<string, string>) {
    this.apps = { ...apps };
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  /** @param apps secrets by app id */
  static async start(apps: Record<string, string>): Promise<WeChatStandIn> {
    const standIn = new WeChatStandIn(apps);
    await new Promise<void>((resolve) => standIn.#server.listen(0, "127.0.0.1", resolve));
    return standIn;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The gateway's settings for it. */
  get env(): Record<string, string> {
    const apps = Object.entries(this.apps).map(([id, secret]) => `${id}:${secret}`);
    return { TIDEGATE_WECHAT_APPS: apps.join(), TIDEGATE_WECHAT_URL: this.url };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://wechat");
    const read = (name: string) => url.searchParams.get(name) ?? "";
    const [appid, secret, code] = [read("appid"), read("secret"), read("js_code")];
    this.requests.push({ path: url.pathname, appid, secret, code, grant: read("grant_type") });
    await this.gate;
    const answer = this.answer(code) ?? this.#usual(appid, secret, code);
    if (answer === "silence") return;
    if (answer === "reset") request.socket.destroy();
    else if ("status" in answer) response.writeHead(answer.status, { location: "/elsewhere" }).end();
    else response.end("text" in answer ? answer.text : JSON.stringify(bodyOf(answer)));
  }

  /** `<user>.<anything>` is a code of that user. */
  #usual(appid: string, secret: string, code: string): WeChatAnswer {
    if (!(appid in this.apps)) return { errcode: 40013 };
    if (this.apps[appid] !== secret) return { errcode: 40125 };
    if (this.#used.has(code)) return { errcode: 40163 };
    const [openid = "", serial] = code.split(".");
    if (serial === undefined) return { errcode: 40029 };
    this.#used.add(code);
    return { openid };
  }
}

function bodyOf(answer: { errcode: number } | { openid: string }): object {
  if ("errcode" in answer) return { ...answer, errmsg: `failed, ${sessionKey}` };
  return { ...answer, session_key: sessionKey };
}
