import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Language, languages } from "./languages.ts";
import { hasProgram, runProgram } from "./program.ts";

/**
 * Makes clients of the API's description as backends do, compiles them, and calls a gateway with each: none may fail to
 * compile, and none may lose an error. It loads generators and libraries from the registries of their languages.
 */

const rules = `
channels:
  - {match: "chat:*", subscribe: user, publish: nobody, history: {size: 100, ttl: 1h}}
  - {match: "doc:*", subscribe: token, publish: token}
`;

/** What each program prints, whatever its language. */
const expected = `one chat:42 true true
many true unknown_channel
refused 400 true
batch true unknown_channel unknown_channel
history hello true true
tokens true true
reach 0
`;

const { values } = parseArgs({ options: { language: { type: "string", multiple: true } } });
const chosen = languages.filter(({ name }) => values.language?.includes(name) ?? true);
const tools = resolve(import.meta.dirname, "../../../node_modules/.cache/generators");
await mkdir(tools, { recursive: true });
const work = await mkdtemp(join(tmpdir(), "tidegate-generators-"));
const gateway = await startGateway({ rules });
const description = join(work, "openapi.json");
await writeFile(description, await (await fetch(`${gateway.api}/openapi.json`)).text());
let failed = 0;
for (const language of chosen) if (!(await prove(language))) failed += 1;
await gateway.stop();
await rm(work, { recursive: true });
process.stdout.write(`${chosen.length - failed} passed, ${failed} failed\n`);
process.exit(failed === 0 && chosen.length > 0 ? 0 : 1);

async function prove({ name, programs, build }: Language): Promise<boolean> {
  const began = performance.now();
  try {
    for (const program of programs) {
      if (!(await hasProgram(program))) throw new Error(`${program} is not installed`);
    }
    const folder = join(work, name);
    await mkdir(folder);
    const command = await build(description, folder, tools);
    await clear(gateway);
    const [program = "", ...args] = command;
    const printed = await runProgram(program, [...args, gateway.api, gateway.key], folder);
    if (printed !== expected) throw new Error(`it printed\n${printed}in place of\n${expected}`);
    process.stdout.write(`${name}: ${Math.round((performance.now() - began) / 1_000)} s\n`);
    return true;
  } catch (error) {
    process.stdout.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  }
}

/** Each language begins with an empty channel. */
async function clear({ call }: Gateway): Promise<void> {
  await call("DELETE", "/v1/history?channel=chat:42");
}
