import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "./program.ts";

/** What a language's client is made, built and started with. */
export interface Language {
  name: string;
  /** Programs that have to be on the PATH. */
  programs: readonly string[];
  /**
   * Makes a client of the description and builds it with the program that calls.
   *
   * @param folder an empty one of its own
   * @returns the command that starts it; the gateway's address and key are added
   */
  build(description: string, folder: string, tools: string): Promise<readonly string[]>;
}

const clients = join(import.meta.dirname, "clients");
const generator = "org.openapitools:openapi-generator-cli:7.17.0";
const mavenGet = "org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy";

/** The generator that most backends use, once for all runs. */
async function openApiGenerator(tools: string): Promise<string> {
  const copy = [`-Dartifact=${generator}`, `-DoutputDirectory=${tools}`, "-Dmdep.stripVersion=true"];
  await runProgram("mvn", ["-q", "-B", mavenGet, ...copy], tools);
  return join(tools, "openapi-generator-cli.jar");
}

async function generate(description: string, folder: string, tools: string, options: readonly string[]) {
  const jar = await openApiGenerator(tools);
  await runProgram("java", ["-jar", jar, "generate", "-i", description, "-o", folder, ...options], tools);
}

const java: Language = {
  name: "java",
  programs: ["java", "mvn"],
  async build(description, folder, tools) {
    await generate(description, folder, tools, ["-g", "java"]);
    await copyFile(join(clients, "Main.java"), join(folder, "src/main/java/Main.java"));
    const classpath = ["dependency:build-classpath", "-Dmdep.outputFile=classpath"];
    await runProgram("mvn", ["-q", "-B", "-Dmaven.test.skip", "compile", ...classpath], folder);
    return ["sh", "-c", `exec java -cp "target/classes:$(cat classpath)" Main "$@"`, "java"];
  },
};

const go: Language = {
  name: "go",
  programs: ["java", "mvn", "go"],
  async build(description, folder, tools) {
    const names = ["--git-user-id", "example", "--git-repo-id", "tidegate"];
    await generate(description, folder, tools, ["-g", "go", "--package-name", "tidegate", ...names]);
    await mkdir(join(folder, "cmd"));
    await copyFile(join(clients, "main.go"), join(folder, "cmd/main.go"));
    await runProgram("go", ["build", "-o", "client", "./cmd"], folder);
    return ["./client"];
  },
};

const python: Language = {
  name: "python",
  programs: ["python3"],
  async build(description, folder, tools) {
    const venv = join(tools, "python");
    const bin = join(venv, "bin");
    await runProgram("python3", ["-m", "venv", venv], tools);
    await runProgram(
      join(bin, "python"),
      ["-m", "pip", "install", "-q", "openapi-python-client==0.29.1"],
      tools,
    );
    const output = ["--output-path", "client", "--meta", "none", "--overwrite"];
    const quiet = join(tools, "python.yaml");
    await writeFile(quiet, "post_hooks: []\n");
    const options = ["generate", "--path", description, "--config", quiet, ...output];
    await runProgram(join(bin, "openapi-python-client"), options, folder);
    await runProgram("mv", ["client", "tidegate_client"], folder);
    await copyFile(join(clients, "main.py"), join(folder, "main.py"));
    return [join(bin, "python"), "main.py"];
  },
};

const typescript: Language = {
  name: "typescript",
  programs: ["npm"],
  async build(description, folder) {
    const packages = [
      "openapi-typescript@7.13.0",
      "openapi-fetch@0.17.0",
      "typescript@5.9.3",
      "@types/node@26",
    ];
    await writeFile(join(folder, "package.json"), "{}");
    await runProgram("npm", ["install", "--silent", "--no-audit", "--no-fund", ...packages], folder);
    const bin = (name: string) => join(folder, "node_modules/.bin", name);
    await runProgram(bin("openapi-typescript"), [description, "-o", "schema.d.ts"], folder);
    await copyFile(join(clients, "main.mts"), join(folder, "main.mts"));
    const options = [
      "--strict",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--allowImportingTsExtensions",
    ];
    await runProgram(bin("tsc"), [...options, "--noEmit", "--types", "node", "main.mts"], folder);
    return [process.execPath, "main.mts"];
  },
};

/** In the order of what is asked for most. */
export const languages: readonly Language[] = [java, python, go, typescript];
