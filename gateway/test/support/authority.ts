import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { need, program } from "../../../scripts/programs/need.ts";

need("openssl");

const run = promisify(execFile);

export interface Files {
  /** Paths of PEM files. */
  cert: string;
  key: string;
}

/** An authority that a test makes for itself, with what it has certified. */
export class Authority {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  static async make(): Promise<Authority> {
    const authority = new Authority(await mkdtemp(join(tmpdir(), "tidegate-authority-")));
    const { cert, key } = authority.#files("ca");
    await run(program("openssl"), [...request("an authority", key), "-x509", "-days", "1", "-out", cert]);
    return authority;
  }

  /** The path of the authority's own certificate. */
  get ca(): string {
    return this.#files("ca").cert;
  }

  /** @param host the only name that the certificate is for */
  async certify(host: string): Promise<Files> {
    const files = this.#files(host);
    const [asked, extensions] = [join(this.#directory, "asked"), join(this.#directory, "extensions")];
    await run(program("openssl"), [...request(host, files.key), "-out", asked]);
    await writeFile(extensions, `subjectAltName=DNS:${host}\n`);
    const { cert, key } = this.#files("ca");
    const signing = ["x509", "-req", "-in", asked, "-CA", cert, "-CAkey", key, "-CAcreateserial"];
    await run(program("openssl"), [...signing, "-days", "1", "-extfile", extensions, "-out", files.cert]);
    return files;
  }

  read(file: string): Promise<string> {
    return readFile(file, "utf8");
  }

  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }

  #files(name: string): Files {
    return { cert: join(this.#directory, `${name}.crt`), key: join(this.#directory, `${name}.key`) };
  }
}

/** Arguments of a request for a certificate, with a key of its own. */
function request(name: string, key: string): string[] {
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  return ["req", ...ec, "-keyout", key, "-subj", `/CN=${name}`];
}
