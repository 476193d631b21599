/** The parts of the project that start programs of the system. */
export type Part = "gateway" | "client" | "console" | "deploy" | "chaos" | "languages";

export interface Program {
  /** What it may be called; the first one that is on the PATH is taken. */
  names: readonly string[];
  /** Debian packages that have it, the first one that the release knows is taken. */
  debian: readonly string[];
  /** It is taken out of its package instead of installed: that starts no service and takes no root. */
  unpack?: true;
  /** The parts with tests that start it. */
  parts: readonly Part[];
  /** What the tests need it for. */
  why: string;
}

const named = (name: string, rest: Omit<Program, "names" | "debian">): Program => ({
  names: [name],
  debian: [name],
  ...rest,
});

/** Every program of the system that some test starts. */
export const programs = {
  "redis-server": named("redis-server", {
    parts: ["gateway", "console", "deploy", "chaos"],
    why: "Redis 7.0 or later, which the nodes of a cluster share",
  }),
  "redis-sentinel": named("redis-sentinel", { parts: ["gateway", "chaos"], why: "failover by Sentinel" }),
  "redis-cli": {
    names: ["redis-cli"],
    debian: ["redis-tools"],
    parts: ["gateway", "deploy", "chaos"],
    why: "sets up a Redis Cluster, and asks the composed Redis for its health",
  },
  openssl: named("openssl", { parts: ["gateway"], why: "certificates for Redis over TLS" }),
  jsc: {
    names: ["jsc"],
    debian: ["libjavascriptcoregtk-4.0-bin", "libjavascriptcoregtk-bin"],
    parts: ["client"],
    why: "JavaScriptCore, on which mini-programs run on iOS",
  },
  chromium: {
    names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    debian: ["chromium"],
    parts: ["client", "console", "languages"],
    why: "the client and the console in a browser",
  },
  nginx: {
    names: ["nginx"],
    debian: ["nginx-light"],
    parts: ["deploy"],
    why: "the balancer of deploy/proxy/nginx.conf",
  },
  haproxy: named("haproxy", { parts: ["deploy"], why: "the balancer of deploy/proxy/haproxy.cfg" }),
  "systemd-analyze": {
    names: ["systemd-analyze"],
    debian: ["systemd"],
    parts: ["deploy"],
    why: "checks the unit of deploy/systemd",
  },
  prometheus: named("prometheus", { unpack: true, parts: ["deploy"], why: "the dashboard and the alerts" }),
  promtool: {
    names: ["promtool"],
    debian: ["prometheus"],
    unpack: true,
    parts: ["deploy"],
    why: "checks the rules and runs the alerts' tests",
  },
  "prometheus-redis-exporter": named("prometheus-redis-exporter", {
    unpack: true,
    parts: ["deploy"],
    why: "what the dashboard shows of Redis",
  }),
  python3: {
    names: ["python3"],
    debian: ["python3-venv"],
    parts: ["languages"],
    why: "the examples in Python",
  },
  go: {
    names: ["go"],
    debian: ["golang-go"],
    parts: ["languages"],
    why: "the examples in Go",
  },
  cargo: named("cargo", { parts: ["languages"], why: "the client of examples/plain in Rust" }),
  java: {
    names: ["java"],
    debian: ["default-jdk-headless"],
    parts: ["languages"],
    why: "the examples in Java",
  },
  mvn: {
    names: ["mvn"],
    debian: ["maven"],
    parts: ["languages"],
    why: "loads what the backend of examples/hooks in Java needs",
  },
  iptables: named("iptables", { parts: ["chaos"], why: "drops the packets on the way to Redis" }),
  ip: {
    names: ["ip"],
    debian: ["iproute2"],
    parts: ["chaos"],
    why: "makes the network in which they are dropped",
  },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

/** The programs that tests of these parts start. */
export function programsOf(parts: readonly Part[]): ProgramName[] {
  const all = Object.entries<Program>(programs) as [ProgramName, Program][];
  return all
    .filter(([, program]) => program.parts.some((part) => parts.includes(part)))
    .map(([name]) => name);
}

/** One line: what is lacking, how to get it, and what it is for. */
export function adviceOn(name: ProgramName): string {
  const { debian, why }: Program = programs[name];
  return `${name} (apt-get install ${debian[0]}): ${why}`;
}
