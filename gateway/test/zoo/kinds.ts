import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const clients = join(import.meta.dirname, "clients");

/** A client library of some language, at the version that is tried. */
export interface Kind {
  name: string;
  version: string;
  /** Fetches what it needs into the folder, once. */
  prepare(folder: string): Promise<void>;
  /** The program and what comes before its arguments, the gateway and a token. */
  command(folder: string): string[];
}

function javascript(version: string): Kind {
  const place = (folder: string) => join(folder, `javascript-${version}`);
  return {
    name: "JavaScript, `socket.io-client`",
    version,
    async prepare(folder) {
      if (existsSync(join(place(folder), "node_modules"))) return;
      await mkdir(place(folder), { recursive: true });
      await run("npm", ["install", "--no-save", "--prefix", place(folder), `socket.io-client@${version}`]);
    },
    command: (folder) => [
      "node",
      join(clients, "client.mjs"),
      join(place(folder), "node_modules/socket.io-client/", entryOf(version)),
    ],
  };
}

/** Version 3 has no entry of its own for `import`. */
function entryOf(version: string): string {
  return version.startsWith("3.") ? "wrapper.mjs" : "build/esm-debug/index.js";
}

function python(program: string, how: string): Kind {
  const version = "5.18.1";
  const place = (folder: string) => join(folder, `python-${version}`);
  return {
    name: `Python, \`python-socketio\`, ${how}`,
    version,
    async prepare(folder) {
      if (existsSync(join(place(folder), "bin/python"))) return;
      await run("python3", ["-m", "venv", place(folder)]);
      const packages = [`python-socketio==${version}`, "websocket-client==1.9.2", "aiohttp==3.13.2"];
      await run(join(place(folder), "bin/pip"), ["install", "--quiet", ...packages]);
    },
    command: (folder) => [join(place(folder), "bin/python"), join(clients, program)],
  };
}

const java: Kind = {
  name: "Java, `io.socket:socket.io-client`",
  version: "2.1.2",
  async prepare(folder) {
    const jars = join(folder, "java-2.1.2");
    if (existsSync(jars)) return;
    const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${jars}`];
    await run("mvn", ["--quiet", "--batch-mode", "--file", join(clients, "pom.xml"), ...goal]);
  },
  command: (folder) => ["java", "-cp", `${join(folder, "java-2.1.2")}/*`, join(clients, "Client.java")],
};

export const kinds: readonly Kind[] = [
  javascript("4.8.4"),
  javascript("3.1.3"),
  java,
  python("client_sync.py", "threads"),
  python("client_async.py", "asyncio"),
];
