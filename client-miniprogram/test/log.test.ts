import { afterEach, describe, expect, it } from "vitest";
import type { LogDetail, LogEvent } from "../src/index.ts";
import { MemoryNetwork } from "../testing/index.ts";
import { appLog } from "./support/app-log.ts";
import { startApp, stopApps } from "./support/apps.ts";
import { ScriptedGateway } from "./support/scripted-gateway.ts";
import { until } from "./support/waiting.ts";

afterEach(stopApps);

const url = "wss://secret-name:secret-word@gateway.test?key=secret-query";

function recorder() {
  const lines: [LogEvent, LogDetail][] = [];
  return { lines, log: (event: LogEvent, detail: LogDetail) => void lines.push([event, detail]) };
}

describe("the log", () => {
  it("has all that becomes of a connection, and nothing secret", async () => {
    const gateway = new ScriptedGateway();
    gateway.answers = [
      {
        welcome: { connection: "c1", node: "n1", token: "secret-issued", expiresAt: Date.now() + 3_600_000 },
      },
    ];
    gateway.reply = (_event, payload) => ({
      ok: true,
      results: (payload as { channel: string }[]).map(({ channel }) =>
        channel === "chat:no"
          ? { ok: false, channel, error: { code: "forbidden", message: "no", retryable: false } }
          : { ok: true, channel, position: "e:1", messages: [] },
      ),
    });
    const { lines, log } = recorder();
    const { tide, clock } = startApp(url, { log, login: "wechat" }, { network: gateway.network });
    await until(() => tide.state === "online");
    tide.channel("chat:1", { token: "secret-channel-token" });
    tide.channel("chat:no").on("error", () => {});
    await until(() => lines.length === 4);
    gateway.emit("goodbye", { code: "draining", reconnect: true, after: 8_000 });
    gateway.peer.close();
    await until(() => lines.length === 6);
    expect(lines).toEqual([
      ["dial", { address: "wss://gateway.test/socket.io/", credentials: "code" }],
      ["welcome", { connection: "c1", node: "n1", channels: 0, milliseconds: 0 }],
      ["subscribe", { channel: "chat:1", outcome: "live", messages: 0 }],
      ["subscribe", { channel: "chat:no", outcome: "forbidden" }],
      [
        "ending",
        {
          kind: "goodbye",
          code: "draining",
          message: "The gateway ended the connection: draining.",
          retryable: true,
          welcomed: true,
          milliseconds: 0,
        },
      ],
      ["retry", { milliseconds: 8_000, code: "draining" }],
    ]);
    clock.advance(8_000);
    await until(() => tide.state === "online");
    expect(lines[6]).toEqual(["dial", { address: "wss://gateway.test/socket.io/", credentials: "token" }]);
    expect(JSON.stringify(lines)).not.toMatch(/secret|code-1/);
  });

  it("says whether a channel was recovered or reset", async () => {
    const gateway = new ScriptedGateway();
    const results = [true, false].map((recovered, index) => ({
      ok: true as const,
      channel: `chat:${index}`,
      position: "e:1",
      recovered,
      messages: [],
    }));
    gateway.reply = () => ({ ok: true, results });
    const { lines, log } = recorder();
    const { tide } = startApp(url, { log }, { network: gateway.network });
    await until(() => tide.state === "online");
    for (const { channel } of results) tide.channel(channel, { since: "e:0" });
    await until(() => lines.length === 4);
    expect(lines.slice(2).map(([, { outcome }]) => outcome)).toEqual(["recovered", "reset"]);
  });

  it("has the platform's words of a failure, without the query of an address", async () => {
    const network = new MemoryNetwork((peer) => peer.refuse(`fail to open ${peer.url}, code 20`)).connect;
    const { lines, log } = recorder();
    const { tide } = startApp(url, { log }, { network });
    await until(() => tide.state === "offline");
    expect(lines.map(([event]) => event)).toEqual(["dial", "ending", "retry"]);
    expect(lines[1]?.[1]).toMatchObject({
      kind: "lost",
      code: "unavailable",
      message: "fail to open wss://gateway.test/socket.io/ code 20",
      welcomed: false,
    });
  });

  it("has a login that failed, and the end", async () => {
    const { lines, log } = recorder();
    const app = startApp(url, { log, login: "wechat" });
    app.phone.failLogin = true;
    await until(() => app.tide.state === "offline");
    expect(lines).toMatchObject([
      ["ending", { kind: "login", message: "login:fail" }],
      ["retry", { code: "unavailable" }],
    ]);
    const gateway = new ScriptedGateway();
    const other = recorder();
    const { tide } = startApp(url, { log: other.log }, { network: gateway.network });
    await until(() => tide.state === "online");
    tide.close();
    expect(other.lines.at(-1)).toMatchObject(["ending", { kind: "closed", welcomed: true }]);
  });

  it("that throws stops nothing", async () => {
    const mistakes = appLog();
    const log = () => {
      throw new Error("the page's own");
    };
    const { tide } = startApp(url, { log }, { network: new ScriptedGateway().network });
    await until(() => tide.state === "online" && mistakes.length === 2);
    tide.close();
    await until(() => mistakes.length === 3);
    expect(new Set(mistakes.map(String))).toEqual(new Set(["Error: the page's own"]));
  });
});
