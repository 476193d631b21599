/*
 * The forms of `TIDEGATE_REDIS_URL`. The settings check it and the backplane connects by it, both with this parser.
 */

export interface RedisHost {
  host: string;
  /** Absent where the URL names none. */
  port: number | undefined;
}

/** What the URL of Redis says. */
export interface RedisUrl {
  kind: "single" | "sentinel" | "cluster";
  /** At least one. */
  hosts: readonly [RedisHost, ...RedisHost[]];
  user: string | undefined;
  password: string | undefined;
  /** The name under which Sentinels know the primary. */
  primary: string;
  database: number;
  tls: boolean;
}

const kinds = new Map<string, Pick<RedisUrl, "kind" | "tls">>([
  ["redis", { kind: "single", tls: false }],
  ["rediss", { kind: "single", tls: true }],
  ["redis+sentinel", { kind: "sentinel", tls: false }],
  ["redis+cluster", { kind: "cluster", tls: false }],
]);

const form = /^([a-z+]+):\/\/(?:([^@/?#\s]*)@)?([^@/?#\s]+)(?:\/([^?#\s]*))?$/;

/**
 * Reads `redis://` or `rediss://` with `[user:password@]host[:port][/database]`, or
 * `redis+sentinel://[user:password@]host[:port],…[/primary[/database]]`, or
 * `redis+cluster://[user:password@]host[:port],…`. Several hosts between commas are no URL for the platform.
 *
 * @returns undefined for anything else
 */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  const [, scheme = "", credentials, places = "", path = ""] = form.exec(text) ?? [];
  const known = kinds.get(scheme);
  const hosts = hostsOf(places);
  const who = credentialsOf(credentials);
  if (!known || !hosts || !who || (known.kind === "single" && hosts.length > 1)) return undefined;
  const parts = path.split("/").filter((part) => part !== "");
  const primary = known.kind === "sentinel" ? (parts.shift() ?? "mymaster") : "";
  const [database = "0", ...rest] = known.kind === "cluster" ? ["0", ...parts] : parts;
  if (rest.length > 0 || !/^\d{1,5}$/.test(database)) return undefined;
  return { ...known, ...who, hosts, primary, database: Number(database) };
}

function hostsOf(text: string): RedisUrl["hosts"] | undefined {
  const hosts: RedisHost[] = [];
  for (const place of text.split(",")) {
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(place) ?? [];
    const host = bracketed ?? plain;
    if (host === undefined || Number(port ?? 1) > 65_535) return undefined;
    hosts.push({ host, port: port === undefined ? undefined : Number(port) });
  }
  const [first, ...others] = hosts;
  return first && [first, ...others];
}

/** A password may hold anything, percent-encoded; a colon in it need not be. */
function credentialsOf(text = ""): Pick<RedisUrl, "user" | "password"> | undefined {
  const [user = "", ...password] = text.split(":");
  try {
    return { user: given(user), password: given(password.join(":")) };
  } catch {
    return undefined;
  }
}

function given(text: string): string | undefined {
  return text === "" ? undefined : decodeURIComponent(text);
}
