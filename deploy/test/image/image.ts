import type { Process } from "../../../gateway/test/support/process.ts";
import type { Stage } from "./dockerfile.ts";

export interface Build {
  /** The folder that is built from. */
  context: string;
  stages: readonly Stage[];
  /** An empty folder for all that the build makes; the image lives in it. */
  folder: string;
}

/** A built image, as files that can be looked at and commands that can be run in it. */
export interface Image {
  /** The folder that is `/` in the image. */
  root: string;
  /** Runs the command as the image's user, with the image's variables and these. */
  start(command: readonly string[], env: Record<string, string>): Process;
}
