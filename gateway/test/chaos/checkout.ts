import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);
const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** Another commit of this repository in a temporary folder, with what it depends on. */
export class Checkout {
  readonly commit: string;
  readonly #folder: string;

  private constructor(commit: string, folder: string) {
    this.commit = commit;
    this.#folder = folder;
  }

  /** @throws Error where git does not know the commit, or npm cannot install what it depends on */
  static async make(commit: string): Promise<Checkout> {
    const folder = await mkdtemp(join(tmpdir(), "tidegate-checkout-"));
    const checkout = new Checkout(commit, folder);
    try {
      await execute("git", ["worktree", "add", "--quiet", "--detach", folder, commit], { cwd: repository });
      // Its nodes run on the Node that runs this, so no package has to install anything of its own.
      await execute("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
    } catch (error) {
      await checkout.remove();
      throw error;
    }
    return checkout;
  }

  /** Its folder `gateway`. */
  get gateway(): string {
    return join(this.#folder, "gateway");
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await execute("git", ["worktree", "prune"], { cwd: repository });
  }
}
