import type { FastifyInstance, InjectOptions } from "fastify";
import { onTestFinished } from "vitest";
import { createApiServer } from "../../src/api/server.ts";
import type { ApiServices } from "../../src/api/services.ts";
import type { SessionRequest } from "../../src/auth/token.ts";
import type { Command, CommandResult, PresencePage } from "../../src/backplane/ports.ts";
import type { Reports } from "../../src/backplane/reports.ts";
import type { HistoryQuery } from "../../src/channels/history.ts";
import type { Publication } from "../../src/channels/publish.ts";
import { Rules } from "../../src/channels/rules.ts";
import { type LogLineId, logLines } from "../../src/log-lines/table.ts";
import { Json } from "../../src/protocol/json.ts";

export const key = "key-one-planted";
export const secondKey = "key-two-planted";
export const now = 1_700_000_000_900;
export const maxPayload = 1_024;

/** What the fakes were asked, in order, and the lines that were logged. */
export interface Recorded {
  published: Publication[];
  reads: HistoryQuery[];
  cleared: string[];
  pages: { channel: string; limit: number | undefined; cursor: string | undefined }[];
  signed: (SessionRequest | { user: string; channel: string; ttl: number })[];
  /** Revocations and commands, in the order in which they happened. */
  commands: (Command | { kind: "stored"; user: string; before: number })[];
  log: { level: string; id: LogLineId; fields: Record<string, unknown> }[];
}

export interface Server extends Recorded {
  app: FastifyInstance;
  services: ApiServices;
  /** With the key, unless the options have headers of their own. */
  call(method: "GET" | "POST" | "DELETE", url: string, body?: unknown): Promise<Answer>;
  inject(options: InjectOptions): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  json: unknown;
}

const everything = { subscribe: "anyone", publish: "anyone", latest: false } as const;

/** `chat:*` has history and presence, `plain:*` neither; nothing else is a channel. */
export const rules = new Rules(
  [
    {
      ...everything,
      match: "chat:*",
      history: { size: 100, ttl: 60_000, read: "anyone" },
      presence: { read: "anyone", events: false, linger: 0 },
    },
    { ...everything, match: "plain:*" },
  ],
  255,
);

/** A server on fakes that record what they are asked; `replace` puts others in their place. */
export async function serve(replace: Partial<ApiServices> = {}): Promise<Server> {
  const recorded: Recorded = {
    published: [],
    reads: [],
    cleared: [],
    pages: [],
    signed: [],
    commands: [],
    log: [],
  };
  const services = { ...fakes(recorded), ...replace };
  const app = await createApiServer(services);
  onTestFinished(() => app.close());
  const inject = async (options: InjectOptions): Promise<Answer> => {
    const { statusCode: status, headers, body: text } = await app.inject(options);
    const isJson = String(headers["content-type"]).startsWith("application/json");
    return { status, headers, text, json: isJson ? JSON.parse(text) : undefined };
  };
  const call: Server["call"] = (method, url, body) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    return inject(
      body === undefined
        ? { method, url, headers }
        : { method, url, headers, payload: typeof body === "string" ? body : JSON.stringify(body) },
    );
  };
  return { ...recorded, app, services, call, inject };
}

function fakes(recorded: Recorded): ApiServices {
  return {
    ...channelFakes(recorded),
    ...clusterFakes(recorded),
    rules,
    tokens: {
      async sign(request) {
        recorded.signed.push(request);
        return { token: "signed-session", expiresAt: now + request.ttl };
      },
      async signChannel(request) {
        recorded.signed.push(request);
        return { token: "signed-channel", expiresAt: now + request.ttl };
      },
    },
    verifier: {
      verify: async () => ({ user: "ann", issuedAt: 1, expiresAt: now, channels: [], allow: [] }),
      verifyChannel: async () => ({ user: "ann", issuedAt: 1, expiresAt: now, channel: "chat:1" }),
    },
    anonymous: false,
    metrics: async () => ({
      contentType: "text/plain; version=0.0.4; charset=utf-8",
      text: "tidegate_up 1\n",
    }),
    ready: () => undefined,
    draining: () => false,
    keys: [key, secondKey],
    version: "1.2.3",
    log: recordingLog(recorded),
    now: () => now,
    publicPort: () => undefined,
    maxPayload,
  };
}

function channelFakes(recorded: Recorded): Pick<ApiServices, "publisher" | "history" | "presence"> {
  const page: PresencePage = { total: 1, users: [{ user: "ann", state: "online", connections: 2 }] };
  return {
    publisher: {
      async publish(publication) {
        const { channel } = publication;
        const policy = rules.policyOf(channel);
        recorded.published.push(publication);
        return policy.history ? `e:${recorded.published.length}` : undefined;
      },
    },
    history: {
      async read(query) {
        recorded.reads.push(query);
        return new Json('{"ok":true,"position":"e:1","messages":[{"channel":"chat:1","data":1e3}]}');
      },
      async clear(channel) {
        recorded.cleared.push(channel);
      },
    },
    presence: {
      async page(channel, limit, cursor) {
        recorded.pages.push({ channel, limit, cursor });
        return page;
      },
    },
  };
}

function clusterFakes(
  recorded: Recorded,
): Pick<ApiServices, "control" | "revocations" | "users" | "tidings" | "hooks"> {
  return {
    users: { page: async () => ({ users: [{ user: "ann", state: "online", connections: 1 }] }) },
    tidings: {
      state: async () => ({ waiting: 2, bytes: 600, oldest: now }),
      aside: async () => [{ at: now, status: 422, event: { id: "3-e-7", type: "online" } }],
    },
    hooks: () => [{ name: "crm", state: "failing", lastError: { at: now, cause: "timeout" } }],
    control: {
      async send(command) {
        recorded.commands.push(command);
        return reached();
      },
      ask: async (kind) => ({ reports: [reports[kind]], unreached: [] }),
      nodes: async () => [
        { node: "n1", version: "1.2.3", uptime: 5, connections: 1, subscriptions: 2, draining: false },
      ],
    },
    revocations: {
      async revoke(user, before) {
        recorded.commands.push({ kind: "stored", user, before });
      },
      revokedBefore: async () => undefined,
    },
  };
}

/** What the one node says of itself. */
export const reports: Reports = {
  channels: { node: "n1", channels: [{ channel: "chat:42", subscribers: 2 }], more: false },
  stats: {
    ...{ node: "n1", version: "1.2.3", uptime: 5, connections: 1, subscriptions: 2, draining: false },
    ...{ capacity: 50_000, memoryLimit: 2 ** 30, channels: 1, at: now, step: 5_000 },
    series: {
      ...{ connections: [1], published: [2], delivered: [4], publishP50: [0.4], publishP99: [null] },
      ...{ loopDelay: [1], loopBusy: [3], memory: [90], dropped: [0] },
    },
  },
};

/** A command that touched one connection. */
export function reached(unreached: string[] = []): CommandResult {
  const place = { node: "n1", address: "10.0.0.1", agent: "wechat" };
  return { connections: [{ ...place, connection: "c1", user: "ann", since: 1, state: "online" }], unreached };
}

function recordingLog(recorded: Recorded): ApiServices["log"] {
  return {
    write: (id, fields) => void recorded.log.push({ level: logLines[id].level, id, fields }),
    isLevelEnabled: () => true,
  };
}
