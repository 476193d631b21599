import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../gateway/test/support/ports.ts";
import { need, program } from "../../../scripts/programs/need.ts";

need("nginx", "haproxy");

export type BalancerKind = "nginx" | "haproxy";

export interface Address {
  port: number;
  adminPort: number;
}

const configurations: Record<BalancerKind, string> = {
  nginx: "../../proxy/nginx.conf",
  haproxy: "../../proxy/haproxy.cfg",
};

/** A balancer of Debian's on the configuration in `deploy/proxy`, with other addresses. */
export class Balancer {
  readonly port: number;
  readonly apiPort: number;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(child: ChildProcess, directory: string, port: number, apiPort: number) {
    this.#child = child;
    this.#directory = directory;
    this.port = port;
    this.apiPort = apiPort;
  }

  static async start(kind: BalancerKind, nodes: readonly Address[]): Promise<Balancer> {
    const directory = await mkdtemp(join(tmpdir(), `tidegate-${kind}-`));
    const [port, apiPort] = [await freePort(), await freePort()];
    const file = join(directory, kind);
    const committed = readFileSync(new URL(configurations[kind], import.meta.url), "utf8");
    await writeFile(file, addressed(committed, nodes, { port, adminPort: apiPort }, directory));
    const args =
      kind === "nginx" ? ["-p", directory, "-c", file, "-g", "daemon off;"] : ["-db", "-q", "-f", file];
    const child = spawn(program(kind), args, { stdio: ["ignore", "ignore", "inherit"] });
    const balancer = new Balancer(child, directory, port, apiPort);
    await balancer.#listening();
    return balancer;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
    await rm(this.#directory, { recursive: true });
  }

  async #listening(): Promise<void> {
    while (!(await accepts(this.port))) {
      if (this.#child.exitCode !== null) throw new Error("The balancer ended at its start.");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The configuration with these nodes in the place of its two, listening at `front`. */
function addressed(text: string, nodes: readonly Address[], front: Address, directory: string): string {
  const lines = text.split("\n").flatMap((line) => {
    if (line.includes("gateway-2:")) return [];
    if (!line.includes("gateway-1:")) return [line];
    return nodes.map(({ port, adminPort }, index) =>
      line
        .replace("gateway-1:3000", `127.0.0.1:${port}`)
        .replace("gateway-1:3001", `127.0.0.1:${adminPort}`)
        .replace("port 3001", `port ${adminPort}`)
        .replace("gateway-1", `gateway-${index + 1}`),
    );
  });
  return lines
    .join("\n")
    .replace(
      /^(\s*(?:listen|bind)) (:?)3000/m,
      (_, word, colon) => `${word} ${colon && "127.0.0.1:"}${front.port}`,
    )
    .replace(
      /^(\s*(?:listen|bind)) (:?)3001/m,
      (_, word, colon) => `${word} ${colon && "127.0.0.1:"}${front.adminPort}`,
    )
    .replace("/tmp/", `${directory}/`)
    .replace(/(?<=worker_rlimit_nofile )\d+/, (wanted) => String(Math.min(Number(wanted), descriptors())));
}

/** What a process may have open here at most. */
function descriptors(): number {
  const most = execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
  return most === "unlimited" ? Number.POSITIVE_INFINITY : Number(most);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
